using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class ModelsVerb
{
    public static Command Create(Terminal terminal)
    {
        Verb[] verbs = [List(terminal), Show(terminal), Schema(terminal)];
        var verb = new Verb("models",
            "Models and presets: which there are, their layers, parameters, operations and memory.",
            [.. verbs.Select(child => child.Examples[0])]);
        foreach (var child in verbs) verb.Subcommands.Add(child);
        return verb;
    }

    private static Verb List(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var verb = new Verb("list", "List the models and their presets.",
            new Example("figment models list", "what can be trained")) { json };
        verb.SetAction(parsed =>
        {
            var models = ModelLibrary.List();
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Result(models));
                return;
            }

            foreach (var model in models)
            {
                terminal.Out.WriteLine($"{model.Id}: {model.Title}. {model.Summary}");
                terminal.Out.WriteLine($"  {model.Paper} {model.Link}");
                terminal.Out.WriteLine($"  does: {string.Join(", ", model.Verbs)}");
                var width = model.Presets.Max(preset => preset.Id.Length);
                foreach (var preset in model.Presets)
                    terminal.Out.WriteLine($"  preset {preset.Id.PadRight(width)}  {preset.Summary} ({preset.Cost})");
                terminal.Out.WriteLine();
            }
        });
        return verb;
    }

    private static Verb Show(Terminal terminal)
    {
        var model = new Argument<string>("model") { Description = "A model or a preset." };
        model.CompletionSources.Add(_ => ModelLibrary.List()
            .SelectMany(found => found.Presets.Select(preset => preset.Id).Prepend(found.Id))
            .Select(id => new System.CommandLine.Completions.CompletionItem(id)));
        var channels = new Option<int>("--channels")
        {
            Description = "Channels of an image.",
            HelpName = "n",
            DefaultValueFactory = _ => 1,
        };
        var size = new Option<int>("--size")
        {
            Description = "Height and width of an image (default 28).",
            HelpName = "pixels",
            DefaultValueFactory = _ => 0,
        };
        var (sets, json) = (CommonOptions.Set(), CommonOptions.Json());
        var verb = new Verb("show", "Show a model's layers, parameters, operations, memory and options.",
            new Example("figment models show conv-vae --size 64 --channels 3", "for colour pictures of 64x64"),
            new Example("figment models show vae --set model.latent=2 --json",
                "with options, for scripts")) { model, channels, size, sets, json };
        verb.SetAction(parsed =>
        {
            var details = ModelLibrary.Show(parsed.GetRequiredValue(model), parsed.GetValue(channels),
                parsed.GetValue(size), parsed.GetValue(sets));
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonOutput.Result(details));
            else Print(details, terminal);
        });
        return verb;
    }

    private static Verb Schema(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var verb = new Verb("schema", "Print the JSON Schema of configuration files, for editors (it is always JSON).",
            new Example("figment models schema > figment.schema.json",
                "then let the editor complete config.yaml")) { json };
        verb.SetAction(_ => terminal.Out.WriteLine(ModelLibrary.Schema()));
        return verb;
    }

    private static void Print(ModelDetails details, Terminal terminal)
    {
        var model = details.Model;
        terminal.Out.WriteLine($"{model.Title} ({model.Id}), images of {details.Shape}");
        terminal.Out.WriteLine($"{model.Paper} {model.Link}");
        terminal.Out.WriteLine();
        Tables.Print(terminal, ["layer", "kind", "output", "parameters", "multiply-adds"],
            details.Layers.Select(layer => (string[])
            [layer.Path, layer.Kind, string.Join('x', layer.Output), Phrases.Count(layer.Parameters),
                Phrases.Count(layer.MultiplyAdds)]));
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(
            $"parameters     {Phrases.Count(details.Parameters)} ({Phrases.Bytes(details.WeightBytes)})");
        if (details.FreeParameters is { } free)
            terminal.Out.WriteLine(
                $"free           {Phrases.LongCount(free)} of the distribution: {details.FreeParameterRule}");
        terminal.Out.WriteLine($"multiply-adds  {Phrases.Count(details.MultiplyAdds)} an image, forward");
        terminal.Out.WriteLine(
            $"memory         about {Phrases.Bytes(details.TrainingBytes)} to train at batch {details.Batch}");
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(details.Options.TrimEnd());
    }
}
