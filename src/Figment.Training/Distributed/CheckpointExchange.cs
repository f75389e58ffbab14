using Figment.Training.Checkpoints;

namespace Figment.Training.Distributed;

/// <summary>Gives every rank the checkpoint that the first one found: a folder that all can read is not
/// needed.</summary>
internal static class CheckpointExchange
{
    private const int Piece = 16 << 20;

    /// <summary>Called by every rank.</summary>
    /// <param name="found">The first rank's checkpoint; null on the others, and when it has none.</param>
    /// <param name="restore">Takes the checkpoint, wherever it came from.</param>
    /// <returns>Whether there was one.</returns>
    public static bool Share(Ranks ranks, Checkpoint? found, Action<Checkpoint> restore)
    {
        if (ranks.Group is null)
        {
            if (found is not null)
                restore(found);
            return found is not null;
        }
        var head = ranks.Send(found?.Manifest.ToJson() ?? []);
        if (head.Length == 0)
            return false;
        var manifest = CheckpointManifest.Parse(head);
        var folder = ranks.IsFirst ? null : Directory.CreateTempSubdirectory("figment-checkpoint-");
        try
        {
            foreach (var file in manifest.Files)
                Copy(ranks, file, found, folder);
            restore(found ?? new Checkpoint(name => File.OpenRead(Path.Combine(folder!.FullName, name)),
                CheckpointStore.FolderOf(manifest.Step), manifest, ""));
            return true;
        }
        finally
        {
            folder?.Delete(recursive: true);
        }
    }

    private static void Copy(Ranks ranks, ManifestFile file, Checkpoint? found, DirectoryInfo? folder)
    {
        using var source = found?.Open(file.Name);
        using var target = folder is null ? null : File.Create(Path.Combine(folder.FullName, file.Name));
        for (var left = file.Bytes; left > 0; left -= Piece)
        {
            var piece = new byte[Math.Min(left, Piece)];
            source?.ReadExactly(piece);
            piece = ranks.Send(piece);
            target?.Write(piece);
        }
    }
}
