using Xunit;

namespace Figment.Evaluation.Tests;

/// <summary>One-to-one assignments against trying all of them, and the error of categories on worked
/// examples.</summary>
public class AssignmentTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 4)]
    [InlineData(6, 6)]
    [InlineData(3, 6)]
    [InlineData(6, 3)]
    public void The_best_assignment_is_the_best_of_all(int rows, int columns)
    {
        var random = new Random((rows * 10) + columns);
        for (var trial = 0; trial < 40; trial++)
        {
            var gains = new double[rows, columns];
            for (var i = 0; i < rows; i++)
                // Whole numbers on every other trial: many assignments are equally good then.
                for (var j = 0; j < columns; j++)
                    gains[i, j] = trial % 2 == 0 ? random.Next(-5, 6) : (random.NextDouble() * 20) - 10;
            var best = Assignment.Best(gains);
            var paired = best.Index().Where(pair => pair.Item >= 0).ToList();
            Assert.Equal(Math.Min(rows, columns), paired.Count);
            Assert.Equal(paired.Count, paired.Select(pair => pair.Item).Distinct().Count());
            Assert.Equal(Tried(gains, 0, []), paired.Sum(pair => gains[pair.Index, pair.Item]), 1e-9);
        }
    }

    /// <summary>The greedy choice of 10 first would gain 11 in all, the best gains 18.</summary>
    [Fact]
    public void The_largest_number_need_not_be_taken() =>
        Assert.Equal([1, 0], Assignment.Best(new double[,] { { 10, 9 }, { 9, 1 } }));

    [Fact]
    public void Categories_are_wrong_where_they_are_not_their_classs()
    {
        // Category 2 is class 0 (3 of 4), category 0 class 1 (2 of 2), category 1 class 2 (1 of 2).
        long[] found = [2, 2, 2, 2, 0, 0, 1, 1], classes = [0, 0, 0, 1, 1, 1, 2, 0];
        var (errors, classOf) = CategoryAgreement.Errors(found, classes, 3, 3);
        Assert.Equal([0, 0, 0, 100, 0, 0, 0, 100], errors);
        Assert.Equal([1, 2, 0], classOf);
    }

    /// <summary>Two categories share a class, and only one of them can have it.</summary>
    [Fact]
    public void A_class_has_one_category_alone()
    {
        long[] found = [0, 0, 0, 1, 1, 2], classes = [0, 0, 0, 0, 0, 1];
        var (errors, classOf) = CategoryAgreement.Errors(found, classes, 3, 2);
        Assert.Equal([0, -1, 1], classOf);
        Assert.Equal([0, 0, 0, 100, 100, 0], errors);
        Assert.Throws<ArgumentException>(() => CategoryAgreement.Errors([0, 1], [0], 2, 2));
    }

    private static double Tried(double[,] gains, int row, HashSet<int> taken)
    {
        var (rows, columns) = (gains.GetLength(0), gains.GetLength(1));
        if (row == rows) return taken.Count == Math.Min(rows, columns) ? 0 : double.NegativeInfinity;
        // With more rows than columns a row may go without.
        var best = rows > columns ? Tried(gains, row + 1, taken) : double.NegativeInfinity;
        for (var column = 0; column < columns; column++)
        {
            if (!taken.Add(column)) continue;
            best = Math.Max(best, gains[row, column] + Tried(gains, row + 1, taken));
            taken.Remove(column);
        }

        return best;
    }
}
