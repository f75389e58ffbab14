// Live tensors are counted in the whole process, so one class runs at a time.
[assembly: Xunit.CollectionBehavior(DisableTestParallelization = true)]
