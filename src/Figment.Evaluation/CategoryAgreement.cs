namespace Figment.Evaluation;

/// <summary>How well categories that a model found without labels agree with the classes of the labels.</summary>
public static class CategoryAgreement
{
    /// <summary>For each example 100 where its category is not its class's under the best one-to-one assignment of
    /// categories to classes, else 0; the mean is the error in percent. Categories beyond the number of classes have no
    /// class, and are wrong.</summary>
    /// <remarks>The assignment is chosen on the same examples, which favours the model; with ten categories and
    /// thousands of examples by next to nothing.</remarks>
    /// <param name="found">Each example's category, from 0.</param>
    /// <param name="classes">Each example's class, from 0.</param>
    /// <param name="categoryCount">Number of categories.</param>
    /// <param name="classCount">Number of classes.</param>
    /// <returns>The errors, and each category's class, -1 for none.</returns>
    /// <exception cref="ArgumentException">There are not as many of one as of the other.</exception>
    public static (double[] Errors, int[] ClassOf) Errors(ReadOnlySpan<long> found, ReadOnlySpan<long> classes,
        int categoryCount, int classCount)
    {
        if (found.Length != classes.Length)
            throw new ArgumentException($"{found.Length} categories of {classes.Length} examples", nameof(found));
        var together = new double[categoryCount, classCount];
        for (var i = 0; i < found.Length; i++) together[found[i], classes[i]]++;
        var classOf = Assignment.Best(together);
        var errors = new double[found.Length];
        for (var i = 0; i < found.Length; i++) errors[i] = classOf[found[i]] == classes[i] ? 0 : 100;
        return (errors, classOf);
    }
}
