using Xunit;

// Live tensors are counted for the whole process, so classes run one after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
