using OrleansTransfer.Learning.Compute;
using SkiaSharp;

namespace OrleansTransfer.Learning.Drawing;

/// <summary>
/// Drawn leaves for trying transfer learning without any download. Source task: tell twelve species apart, some of which have spotted, streaked or
/// dusty leaves by nature. Target task: tell healthy from diseased leaves of four other species, from a handful of pictures. Telling the species
/// apart teaches the textures that the target task needs. Pixels are a function of seed, label and index alone.
/// </summary>
public static class LeafDataset
{
    /// <summary>Raised whenever the same seed begins to draw other pictures: what was drawn before is then out of date.</summary>
    public const int Edition = 1;

    private const int SourceTask = 1, TrainTask = 2, TestTask = 3;

    /// <summary>Labels of the source task, in ordinal order.</summary>
    public static IReadOnlyList<string> SourceLabels { get; } = [.. LeafSpecies.Source.Select(species => species.Name).Order(StringComparer.Ordinal)];

    /// <summary>Labels of the target task, in ordinal order.</summary>
    public static IReadOnlyList<string> TargetLabels { get; } = ["diseased", "healthy"];

    /// <summary>Writes the source task as an image folder: <c>folder/species/0000.png</c>.</summary>
    /// <param name="perClass">Pictures of each species.</param>
    /// <param name="size">Height and width in pixels.</param>
    public static void WriteSource(string folder, int perClass, long seed, int size = 96)
    {
        var species = LeafSpecies.Source;
        Write(folder, [.. species.Select(one => one.Name)], perClass, size, (label, index) =>
            LeafPainter.Draw(species[label], LeafDisease.None, size, new(Seeds.Derive(seed, SourceTask, label, index))));
    }

    /// <summary>
    /// Writes the target task as two image folders, <c>folder/train</c> and <c>folder/test</c>, each with <c>diseased</c> and <c>healthy</c>.
    /// </summary>
    /// <param name="perClassTrain">Training pictures of each label.</param>
    /// <param name="perClassTest">Test pictures of each label.</param>
    /// <param name="size">Height and width in pixels.</param>
    public static void WriteTarget(string folder, int perClassTrain, int perClassTest, long seed, int size = 96)
    {
        Write(Path.Combine(folder, "train"), TargetLabels, perClassTrain, size, (label, index) => DrawTarget(TrainTask, label, index, seed, size));
        Write(Path.Combine(folder, "test"), TargetLabels, perClassTest, size, (label, index) => DrawTarget(TestTask, label, index, seed, size));
    }

    private static SKBitmap DrawTarget(int task, int label, int index, long seed, int size)
    {
        // Species and diseases take turns, so that even a handful of pictures has some of each.
        var species = LeafSpecies.Target[index % LeafSpecies.Target.Count];
        var disease = TargetLabels[label] == "healthy" ? LeafDisease.None : (LeafDisease)(1 + (((index / 4) + index) % 4));
        return LeafPainter.Draw(species, disease, size, new(Seeds.Derive(seed, task, label, index)));
    }

    private static void Write(string folder, IReadOnlyList<string> labels, int perClass, int size, Func<int, int, SKBitmap> draw)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(perClass, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 16);
        foreach (var label in labels) Directory.CreateDirectory(Path.Combine(folder, label));
        // Noise hardly compresses: the fastest level costs a few bytes and saves most of the time.
        var options = new SKPngEncoderOptions(SKPngEncoderFilterFlags.Sub, 1);
        Parallel.For(0, labels.Count * perClass, i =>
        {
            var (label, index) = (i / perClass, i % perClass);
            using var picture = draw(label, index);
            using var pixels = picture.PeekPixels();
            using var png = pixels.Encode(options) ?? throw new InvalidOperationException("Skia could not encode a PNG.");
            using var file = File.Create(Path.Combine(folder, labels[label], $"{index:D4}.png"));
            png.SaveTo(file);
        });
    }
}
