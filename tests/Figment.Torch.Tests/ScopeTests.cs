using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Figment.Testing;
using Xunit;

namespace Figment.Torch.Tests;

public class ScopeTests : EngineTest
{
    private sealed record Pair(Tensor A, Tensor? B, string Name)
    {
        /// <summary>A property that makes a tensor each time must not be asked.</summary>
        public Tensor Doubled => A * 2;
    }

    private record Base(Tensor Inherited);

    private sealed record Derived(Tensor Inherited, IReadOnlyList<Pair> Pairs) : Base(Inherited);

    private readonly record struct Point(Tensor X, int N);

    private struct Plain
    {
        public Tensor X;
    }

    [Fact]
    public void Whatever_is_returned_lives_on_and_nothing_else() => TensorScope.Run(() =>
    {
        Check(1, () => New(), t => [t]);
        Check(2, () => (New(), New()), t => [t.Item1, t.Item2]);
        Check(9, () => (New(), (New(), New()), New(), New(), New(), New(), New(), New()), t =>
            [t.Item1, t.Item2.Item2, t.Item8]);
        Check(2, () => new[] { New(), New() }, t => t);
        Check(2, () => new List<Tensor> { New(), New() }, t => t);
        Check(1, () => new List<(string, Tensor)> { ("a", New()) }, t => [t[0].Item2]);
        Check(2, () => new HashSet<Tensor> { New(), New() }, t => t);
        Check(2, () => new Dictionary<string, Tensor> { ["a"] = New(), ["b"] = New() }, t => t.Values);
        Check(1, () => new Dictionary<string, Tensor[]> { ["a"] = [New()] }, t => t["a"]);
        Check(1, () =>
            (IReadOnlyDictionary<int, Tensor>)ImmutableSortedDictionary<int, Tensor>.Empty.Add(1, New()), t =>
            t.Values);
        Check(1, () => ImmutableArray.Create(New()), t => t);
        Check(1, () => new KeyValuePair<string, Tensor>("a", New()), t => [t.Value]);
        Check(2, () => new Pair(New(), New(), "x"), t => [t.A, t.B!]);
        Check(1, () => new Pair(New(), null, "x"), t => [t.A]);
        Check(2, () => (Base)new Derived(New(), [new Pair(New(), null, "")]), t =>
            [t.Inherited, ((Derived)t).Pairs[0].A]);
        Check(1, () => new Point(New(), 3), t => [t.X]);
        Check(1, () => (Point?)new Point(New(), 3), t => [t!.Value.X]);
        Check(1, () => new Plain { X = New() }, t => [t.X]);
        Check(1, () => new { X = New(), N = 3 }, t => [t.X]);
        Check(1, () => (object)New(), t => [(Tensor)t]);
        Check(1, () => New() is var t ? (t, t) : default, t => [t.Item1, t.Item2]);
        Check(0, () => 3.0, _ => []);
        Check(0, () => "text", _ => []);
        Check(0, () => (Tensor?)null, _ => []);
        Check(0, () => new List<double> { 1, 2 }, _ => []);
    });

    [Fact]
    public void Nested_scopes_hand_on_through_all_of_them() => TensorScope.Run(() =>
    {
        var before = Tensor.LiveCount;
        var t = TensorScope.Run(() =>
        {
            New();
            return TensorScope.Run(() =>
            {
                New();
                return TensorScope.Run(() => (New(), 5)).Item1;
            });
        });
        Assert.Equal(before + 1, Tensor.LiveCount);
        Assert.False(t.IsReleased);
    });

    [Fact]
    public void A_tensor_of_an_outer_scope_stays_there() => TensorScope.Run(() =>
    {
        var outer = New();
        var same = TensorScope.Run(() => TensorScope.Run(() => outer));
        Assert.Same(outer, same);
        Assert.False(outer.IsReleased);
    });

    [Fact]
    public void A_throw_releases_all()
    {
        var before = Tensor.LiveCount;
        Tensor? inner = null;
        Assert.Throws<InvalidOperationException>(() => TensorScope.Run(() =>
        {
            New();
            TensorScope.Run(() =>
            {
                inner = New();
                throw new InvalidOperationException();
            });
        }));
        Assert.Equal(before, Tensor.LiveCount);
        Assert.True(inner!.IsReleased);
        Assert.False(TensorScope.IsOpen);
    }

    [Fact]
    public void Released_tensors_name_their_maker()
    {
        var (sum, view) = (Escaped(x => x + 1), Escaped(x => x.Reshape(1, 2)));
        Assert.Contains("made by Add,", Assert.Throws<ObjectDisposedException>(() => sum.Shape.Length).Message,
            StringComparison.Ordinal);
        Assert.Contains("made by Reshape,", Assert.Throws<ObjectDisposedException>(() => view * 2).Message,
            StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => TensorScope.Run(() => Ops.Cat([New(), sum])));
        Assert.Equal("(released tensor, made by Add)", sum.ToString());
        Assert.True(sum.IsReleased);
        sum.Dispose();

        static Tensor Escaped(Func<Tensor, Tensor> make)
        {
            Tensor? t = null;
            TensorScope.Run(() => { t = make(New()); });
            return t!;
        }
    }

    [Fact]
    public void Owned_tensors_outlive_their_scope()
    {
        var before = Tensor.LiveCount;
        Tensor? t = null;
        TensorScope.Run(() => { t = New().Own(); });
        Assert.Equal(before + 1, Tensor.LiveCount);
        Assert.Equal(2, t!.Count);
        t.Dispose();
        t.Dispose();
        Assert.Equal(before, Tensor.LiveCount);
        Assert.Throws<ObjectDisposedException>(t.Own);
    }

    [Fact]
    public void Disposing_early_is_allowed() => TensorScope.Run(() =>
    {
        var before = Tensor.LiveCount;
        TensorScope.Run(() => New().Dispose());
        Assert.Equal(before, Tensor.LiveCount);
    });

    [Fact]
    public void Tasks_and_lazy_sequences_are_refused()
    {
        Refused(() => Task.CompletedTask);
        Refused(() => Task.FromResult(1));
        Refused(() => new ValueTask<int>(1));
        Assert.Throws<ArgumentException>(() => { _ = TensorScope.Run(x => Task.FromResult(x), 1); });
        Assert.Throws<ArgumentException>(() => TensorScope.Run(() => Lazy()));

        static void Refused<T>(Func<T> body) => Assert.Throws<ArgumentException>(() => { _ = TensorScope.Run(body); });

        static IEnumerable<Tensor> Lazy()
        {
            yield return New();
        }
    }

    [Fact]
    public void Scopes_of_threads_are_apart()
    {
        var before = Tensor.LiveCount;
        TensorScope.Run(() =>
        {
            var mine = New();
            var threads = Enumerable.Range(0, 4).Select(k => new Thread(() =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var value = TensorScope.Run(() => (mine * k + i).Sum().ToDouble());
                    if (Math.Abs(value - (2 * i) - (0.5 * k)) > 1e-9) throw new InvalidOperationException();
                }
            })).ToList();
            threads.ForEach(t => t.Start());
            threads.ForEach(t => t.Join());
            Assert.Equal(before + 1, Tensor.LiveCount);
        });
    }

    [Fact]
    public void Without_a_scope_the_garbage_collector_owns()
    {
        Assert.False(TensorScope.IsOpen);
        var before = Tensor.LiveCount;
        Make();
        for (var i = 0; i < 20 && Tensor.LiveCount > before; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.Equal(before, Tensor.LiveCount);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Make()
        {
            var live = Tensor.LiveCount;
            for (var i = 0; i < 100; i++) _ = New() * 2;
            Assert.True(Tensor.LiveCount >= live); // some may be gone already
            using var disposed = New();
            var returned = TensorScope.Run(() => New());
            Assert.Equal(2, returned.Count);
        }
    }

    [Fact]
    public void A_shape_outlives_a_collected_tensor()
    {
        var shape = (Tensor.Zeros([7, 9]) + 1).Shape;
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            _ = Tensor.Zeros([3, 4]);
        }

        Assert.Equal([7L, 9], shape.ToArray());
    }

    [Fact]
    public void Nothing_leaks_in_ten_thousand_random_calls()
    {
        var before = Tensor.LiveCount;
        var random = new Random(1);
        TensorScope.Run(() =>
        {
            var x = Tensor.Arange(12, DType.Float64).Reshape(3, 4).Own();
            for (var i = 0; i < 10_000; i++)
            {
                try
                {
                    TensorScope.Run(() => Call(x, random.Next(10)));
                }
                catch (TorchException)
                {
                }
            }

            x.Dispose();
        });
        Assert.Equal(before, Tensor.LiveCount);

        static object Call(Tensor x, int which) => which switch
        {
            0 => x.MatMul(x).ToDouble(), // refused by libtorch
            1 => x.Sort().Values.Sum().ToDouble(),
            2 => x.Unbind().Length,
            3 => x[.., ^1].ToArray<double>(),
            4 => x.Var(1).ToString(),
            5 => Ops.Cat([x, x * 2]).Sum().ToDouble(),
            6 => TensorScope.Run(() => (x + 1, x[0])).Item1.Count,
            7 => Ops.LinalgSvd(x).S.ToArray<double>(),
            8 => Autograd.Grad([x.Clone() is var y && (y.RequiresGrad = true) ? (y * y).Sum() : x], [y]).Length,
            _ => x.Split(1).Select(p => p.Sum()).Aggregate((a, b) => a + b).ToDouble(),
        };
    }

    private static void Check<T>(int alive, Func<T> make, Func<T, IEnumerable<Tensor>> parts)
    {
        var before = Tensor.LiveCount;
        TensorScope.Run(() =>
        {
            var result = TensorScope.Run(() =>
            {
                New();
                return make();
            });
            Assert.Equal(before + alive, Tensor.LiveCount);
            Assert.All(parts(result), t => Assert.Equal(2, t.Count));
        });
        Assert.Equal(before, Tensor.LiveCount);
    }

    private static Tensor New() => Tensor.From([0.5, 0.0], 2);
}
