using System.Text;

namespace Figment.OpGen;

/// <summary>Writes the C# method of one schema.</summary>
internal static class Emitter
{
    /// <summary>Sent as the schema's own default, never offered: they are the library's business.</summary>
    private static readonly HashSet<string> Hidden = ["implicit", "layout", "pin_memory", "cudnn_enabled", "cudnn_enable"];

    /// <summary>Words that are clearer than what libtorch calls them.</summary>
    private static readonly Dictionary<string, string> MethodNames = new()
    {
        ["matmul"] = "MatMul",
        ["mse_loss"] = "MseLoss",
        ["logsumexp"] = "LogSumExp",
        ["logcumsumexp"] = "LogCumSumExp",
        ["cumsum"] = "CumSum",
        ["cumprod"] = "CumProd",
        ["cummax"] = "CumMax",
        ["logaddexp"] = "LogAddExp",
        ["argmax"] = "ArgMax",
        ["argmin"] = "ArgMin",
        ["argsort"] = "ArgSort",
        ["topk"] = "TopK",
        ["lgamma"] = "LGamma",
        ["_unique2"] = "Unique",
        ["allclose"] = "AllClose",
        ["isclose"] = "IsClose",
        ["isfinite"] = "IsFinite",
        ["isnan"] = "IsNaN",
        ["isinf"] = "IsInf",
        ["searchsorted"] = "SearchSorted",
        ["addmm"] = "AddMM",
        ["einsum"] = "EinSum",
        ["nonzero"] = "NonZero",
        ["movedim"] = "MoveDim",
        ["expm1"] = "Expm1",
        ["bincount"] = "BinCount",
        ["linspace"] = "LinSpace",
        ["softplus"] = "SoftPlus",
        ["ctc_loss"] = "CtcLoss",
        ["as_strided"] = "AsStrided",
    };

    public static bool IsInstance(Schema s) => s.Arguments.Count > 0 && s.Arguments[0] is { Name: "self", Plain: "Tensor" };

    public static string Method(Schema s)
    {
        var code = new StringBuilder();
        code.Append(Write(s, single: false));
        // `int[1] dim` is one number in most calls, and a bare 0 must not bind to an enum.
        if (s.Arguments.Count > 1 && s.Arguments[1] is { IsSingle: true } first && IsDimension(first)) code.AppendLine().Append(Write(s, single: true));
        return code.ToString();
    }

    public static string MethodName(Schema s) => MethodNames.TryGetValue(s.Name.TrimEnd('_'), out var known)
        ? known + (s.Name.EndsWith('_') ? "InPlace" : "")
        : Schema.Pascal(s.Name);

    private static bool IsDimension(Argument a) => a.Name is "dim" or "dims";

    private static string Write(Schema s, bool single)
    {
        var instance = IsInstance(s);
        var name = MethodName(s);
        var shown = s.Arguments.Where((a, i) => !(instance && i == 0) && !Hidden.Contains(a.Name) && !FixedDropout(s, a)).ToList();
        var ordered = shown.Where(a => !IsOptional(a)).Concat(shown.Where(IsOptional)).ToList();
        var parameters = ordered.Select((a, i) => Parameter(a, i == ordered.Count - 1, single)).ToList();

        var code = new StringBuilder();
        code.AppendLine($"    /// <summary>{Summary(s)}</summary>");
        code.AppendLine($"    /// <remarks><c>{Xml(s.Text)}</c></remarks>");
        code.AppendLine($"    public {(instance ? "" : "static ")}{ReturnType(s)} {name}({string.Join(", ", parameters)})");
        code.AppendLine("    {");
        if (single)
        {
            var list = s.Arguments.First(a => a.IsSingle && IsDimension(a));
            var names = ordered.Select(a => a == list ? $"[{Schema.Camel(a.Name)}]" : Schema.Camel(a.Name));
            code.AppendLine($"        return {name}({string.Join(", ", names)});");
            return code.AppendLine("    }").ToString();
        }

        Body(s, instance, code);
        return code.AppendLine("    }").ToString();
    }

    private static void Body(Schema s, bool instance, StringBuilder code)
    {
        var handles = s.Arguments.Where(a => a.Plain is "Tensor[]" or "Tensor?[]").ToList();
        foreach (var a in handles)
        {
            var n = Schema.Camel(a.Name).TrimStart('@');
            code.AppendLine($"        Span<nint> {n}Handles = {Schema.Camel(a.Name)}.Length <= 32 ? stackalloc nint[{Schema.Camel(a.Name)}.Length] : new nint[{Schema.Camel(a.Name)}.Length];");
            code.AppendLine($"        Value.Handles({Schema.Camel(a.Name)}, {n}Handles);");
        }

        foreach (var a in s.Arguments.Where(a => a.Plain is "str" && !Hidden.Contains(a.Name)))
            code.AppendLine($"        using var {Schema.Camel(a.Name)}Text = new Utf8Text({Schema.Camel(a.Name)});");

        foreach (var a in handles)
        {
            var n = Schema.Camel(a.Name).TrimStart('@');
            code.AppendLine($"        fixed (nint* {n}Pointer = {n}Handles)");
        }

        foreach (var a in s.Arguments.Where(a => a.Plain is "int[]" or "float[]" or "bool[]"))
            code.AppendLine($"        fixed ({Element(a)}* {Schema.Camel(a.Name).TrimStart('@')}Pointer = {Schema.Camel(a.Name)})");

        code.AppendLine("        {");
        // Arguments behind the last one that the caller can set take the schema's defaults without being sent.
        var count = s.Arguments.Count;
        while (count > 0 && Hidden.Contains(s.Arguments[count - 1].Name) && s.Arguments[count - 1].Default is not null) count--;
        code.AppendLine($"            Value* args = stackalloc Value[{count}];");
        for (var i = 0; i < count; i++)
            code.AppendLine($"            args[{i}] = {Pack(s, s.Arguments[i], instance && i == 0)};");
        var field = Field(s);
        if (s.IsInPlace)
        {
            code.AppendLine($"            Operators.{field}.CallInPlace(args, {count});");
            Keep(s, instance, code, 12);
            if (instance) code.AppendLine("            return this;");
        }
        else
        {
            code.AppendLine($"            var result = Operators.{field}.{Call(s)}(args, {count});");
            Keep(s, instance, code, 12);
            code.AppendLine($"            return {Unpack(s)};");
        }

        code.AppendLine("        }");
    }

    public static string Field(Schema s) => Schema.Pascal(s.Name) + (s.Name.StartsWith('_') ? "_" : "") + (s.Overload == "" ? "" : "_" + s.Overload);

    // Their dropout would draw from a global generator: stacked networks drop out layer by layer, from an Rng.
    private static bool FixedDropout(Schema s, Argument a) =>
        a.Name == "dropout" && s.Name is "lstm" or "gru" or "rnn_tanh" or "rnn_relu";

    private static bool IsOptional(Argument a) =>
        a.Plain != "Generator" && (a.Default is not null || (a.IsOptionalType && a.Plain is not "int[]"));

    private static string Parameter(Argument a, bool last, bool single)
    {
        var n = Schema.Camel(a.Name);
        if (single && a.IsSingle && IsDimension(a)) return "int " + n;
        var optional = IsOptional(a);
        return a.Plain switch
        {
            "Tensor" => optional ? $"Tensor? {n} = null" : a.IsOptionalType ? $"Tensor? {n}" : $"Tensor {n}",
            "Tensor[]" => $"ReadOnlySpan<Tensor> {n}",
            "Tensor?[]" => $"ReadOnlySpan<Tensor?> {n}",
            "int[]" => optional ? $"ReadOnlySpan<long> {n} = default" : (last ? "params " : "") + $"ReadOnlySpan<long> {n}",
            "float[]" => $"ReadOnlySpan<double> {n}" + (optional ? " = default" : ""),
            "bool[]" => $"ReadOnlySpan<bool> {n}" + (optional ? " = default" : ""),
            "Generator" => "Rng rng",
            "Scalar" => optional ? $"Scalar? {n} = null" : $"Scalar {n}",
            "ScalarType" => optional ? $"DType? {n} = null" : $"DType {n}",
            "MemoryFormat" => optional ? $"MemoryFormat? {n} = null" : $"MemoryFormat {n}",
            "Device" => optional ? $"Device? {n} = null" : $"Device {n}",
            "int" => Number(a, IntName(a), n, optional),
            "float" => Number(a, "double", n, optional),
            "bool" => optional ? a.IsOptionalType ? $"bool? {n} = null" : $"bool {n} = {(a.Default == "True" ? "true" : "false")}" : $"bool {n}",
            "str" => optional ? a.Default is null or "None" ? $"string? {n} = null" : $"string {n} = {a.Default}" : $"string {n}",
            _ => throw new NotSupportedException($"argument type {a.Type} of {a.Name}"),
        };
    }

    private static string IntName(Argument a) =>
        a.Name is "reduction" ? "Reduction" : a.Name.Contains("dim", StringComparison.Ordinal) && a.Name != "dimension_count" ? "int" : "long";

    private static string Number(Argument a, string type, string n, bool optional)
    {
        if (!optional) return a.IsOptionalType ? $"{type}? {n}" : $"{type} {n}";
        if (a.IsOptionalType || a.Default is null or "None") return $"{type}? {n} = null";
        return type == "Reduction" ? $"Reduction {n} = Reduction.Mean" : $"{type} {n} = {a.Default!.TrimEnd('.')}";
    }

    private static string Element(Argument a) => a.Plain switch { "int[]" => "long", "float[]" => "double", _ => "bool" };

    private static string Pack(Schema s, Argument a, bool self)
    {
        if (self) return "Value.Of(this)";
        if (Hidden.Contains(a.Name)) return a.Default is not null ? "Value.Default" : "Value.Of(true)";
        if (FixedDropout(s, a)) return "Value.Of(0.0)";
        var n = Schema.Camel(a.Name);
        var p = n.TrimStart('@');
        return a.Plain switch
        {
            "Tensor[]" => $"Value.TensorList({p}Pointer, {n}.Length)",
            "Tensor?[]" => $"Value.OptionalTensorList({p}Pointer, {n}.Length)",
            "int[]" => $"Value.IntList({p}Pointer, {n}.Length{ListDefault(a)})",
            "float[]" => $"Value.DoubleList({p}Pointer, {n}.Length{ListDefault(a)})",
            "bool[]" => $"Value.BoolList({p}Pointer, {n}.Length{ListDefault(a)})",
            "Generator" => "Value.Of(rng)",
            "str" => $"{n}Text.Value",
            _ when a is { Default: not null, IsOptionalType: false } && a.Plain is "Scalar" or "MemoryFormat" =>
                $"{n} is {{ }} {p}Given ? Value.Of({p}Given) : Value.Default",
            _ => $"Value.Of({n})",
        };
    }

    private static string ListDefault(Argument a) => a.Default is not null ? ", whenEmpty: Value.Default"
        : a.IsOptionalType ? ", whenEmpty: Value.None" : "";

    private static string ReturnType(Schema s)
    {
        if (s.IsInPlace) return IsInstance(s) ? "Tensor" : "void";
        if (s.ReturnTypes.Count == 1)
            return s.ReturnTypes[0] switch { "Tensor" => "Tensor", "Tensor[]" => "Tensor[]", "bool" => "bool", var t => throw new NotSupportedException(t) };
        if (s.ReturnTypes.FirstOrDefault(t => t != "Tensor") is { } other) throw new NotSupportedException($"a result of type {other} in {s.Text}");
        var items = s.ReturnTypes.Select((_, i) => "Tensor " + ReturnName(s, i));
        return $"({string.Join(", ", items)})";
    }

    private static string ReturnName(Schema s, int i)
    {
        if (s.ReturnNames[i] is { } named) return Schema.Pascal(named);
        return s.Name switch
        {
            "lstm" => ((string[])["Output", "Hidden", "Cell"])[i],
            "lstm_cell" => ((string[])["Hidden", "Cell"])[i],
            "gru" or "rnn_tanh" or "rnn_relu" => ((string[])["Output", "Hidden"])[i],
            "var_mean" => ((string[])["Variance", "Mean"])[i],
            "std_mean" => ((string[])["Deviation", "Mean"])[i],
            "adaptive_max_pool2d" => ((string[])["Values", "Indices"])[i],
            "_unique2" or "unique_dim" or "unique_consecutive" => ((string[])["Values", "Inverse", "Counts"])[i],
            _ => throw new NotSupportedException($"result {i} of {s.Text} needs a name"),
        };
    }

    private static string Call(Schema s) => s.ReturnTypes switch
    {
        ["Tensor"] => "Call",
        ["Tensor[]"] => "CallMany",
        ["bool"] => "CallBool",
        _ => "CallMany",
    };

    private static string Unpack(Schema s) =>
        s.ReturnTypes.Count == 1 ? "result" : $"({string.Join(", ", s.ReturnTypes.Select((_, i) => $"result[{i}]"))})";

    private static void Keep(Schema s, bool instance, StringBuilder code, int indent)
    {
        var pad = new string(' ', indent);
        if (instance) code.AppendLine($"{pad}GC.KeepAlive(this);");
        foreach (var a in s.Arguments.Skip(instance ? 1 : 0))
        {
            if (a.Plain == "Tensor") code.AppendLine($"{pad}GC.KeepAlive({Schema.Camel(a.Name)});");
            else if (a.Plain == "Generator") code.AppendLine($"{pad}GC.KeepAlive(rng);");
            else if (a.Plain is "Tensor[]" or "Tensor?[]") code.AppendLine($"{pad}Value.KeepAlive({Schema.Camel(a.Name)});");
        }
    }

    // What Figment adds to libtorch has no page of libtorch's to look at.
    private static readonly Dictionary<string, string> OwnSummaries = new()
    {
        ["bernoulli_log_likelihood"] = "log p(x) of Bernoulli variables with p(x = 1) = sigmoid(logits): x l - softplus(l) in "
            + "nats, summed over the last <paramref name=\"dims\"/> dimensions (0 sums nothing). x, in [0, 1], has the shape "
            + "of the logits or of their last dimensions. Fused for Float32 on the CPU, composed otherwise.",
        ["mirror_edges"] = "(B, C, H, W) mirrored at its edges by widths of left, right, top and bottom; the edge pixel is not repeated. "
            + "Fused for channels-last Float32 on the CPU, libtorch's otherwise. It can be differentiated further.",
        ["normalize_instances"] = "Instance normalisation (Ulyanov et al. 2016): each channel of each example of (B, C, ...) gets mean 0 and "
            + "variance 1 over its positions, then weight and bias, (C) each, both or none. Fused for Float32 on the CPU in either layout, "
            + "composed otherwise. It can be differentiated further.",
        ["transposed_conv2d"] = "A transposed convolution of one group: input (B, C, H, W), weight (C, C', kernel), result (B, C', H', W'). "
            + "Its gradients run as convolutions, and from 16 output channels on the result too, where libtorch 1.13 has fast "
            + "kernels for a CPU. It can be differentiated further.",
        ["gelu_linear"] = "linear(gelu(input)): input (..., in), weight (out, in), bias (out) or none. The backward pass keeps the input alone "
            + "and computes its GELU again. It can be differentiated further.",
        ["average_pool2d"] = "The mean over windows of (B, C, H, W) or (C, H, W). Unlike libtorch's own it does not hold its input for "
            + "the backward pass. It can be differentiated further.",
        ["convolve2d"] = "A convolution of images (B, C, H, W) with weight (C', C / groups, kernel). Its derivatives of any order are convolutions "
            + "of the same geometry and their gradients by input and by weight, for which libtorch has fast kernels.",
        ["rectify"] = "x where positive, slope * x elsewhere; slope at least 0. Unlike libtorch's own it sends no zeros backwards as its "
            + "second derivative.",
        ["rectify_"] = "As <see cref=\"Rectify\"/>: changes this tensor and returns it.",
        ["self_attention"] = "Several heads of attention from a sequence to itself (Vaswani et al. 2017): qkv (B, T, 3 width) holds "
            + "queries, keys and values side by side, each with its heads side by side, and the result is (B, T, width). With "
            + "<paramref name=\"causal\"/> no position sees a later one. Fused for Float32 on the CPU, composed otherwise.",
        ["cross_attention"] = "Several heads of attention from queries (B, T, width) to another sequence, whose keys and values lie "
            + "side by side in (B, S, 2 width); the result is (B, T, width). Fused for Float32 on the CPU, composed otherwise.",
    };

    private static string Summary(Schema s)
    {
        if (OwnSummaries.TryGetValue(s.Name, out var own)) return own;
        var name = $"libtorch's <c>{s.Name}</c>";
        if (s.IsInPlace) return name + (IsInstance(s) ? ": changes this tensor and returns it." : ": changes its first argument.");
        if (s.IsView) return name + ": shares the elements of the tensor, as far as they can be shared.";
        if (s.Arguments.Any(a => a.Plain == "Generator")) return name + ": draws from <paramref name=\"rng\"/>.";
        return s.ReturnTypes.Count > 1 ? $"{name}, with {s.ReturnTypes.Count} results." : name + ".";
    }

    private static string Xml(string text) =>
        text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
