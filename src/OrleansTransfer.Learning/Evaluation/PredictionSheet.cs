using System.Globalization;
using OrleansTransfer.Learning.Data;
using OrleansTransfer.Learning.Drawing;
using SkiaSharp;

namespace OrleansTransfer.Learning.Evaluation;

/// <summary>One picture of a sheet.</summary>
/// <param name="Path">The file.</param>
/// <param name="Prediction">What the classifier says.</param>
/// <param name="Truth">The true label where it is known: it decides between a green and a red frame.</param>
public sealed record SheetEntry(string Path, ScoredLabel Prediction, string? Truth = null);

/// <summary>Draws predictions as a picture: thumbnails in a grid, each with its label and probability.</summary>
public static class PredictionSheet
{
    private const int Thumbnail = 160, Frame = 5, Gap = 12, Dot = 2, CaptionHeight = 3 * BitmapFont.LineHeight * Dot;
    private const int CellWidth = Thumbnail + (2 * Frame), CellHeight = CellWidth + CaptionHeight + 8;

    private static readonly SKColor Right = new(0x2E, 0x9E, 0x5B), Wrong = new(0xD6, 0x3B, 0x3B), Unknown = new(0xB5, 0xBD, 0xC7);
    private static readonly SKColor Ink = new(0x1F, 0x29, 0x37), Faint = new(0x6B, 0x72, 0x80);

    /// <summary>The sheet as PNG.</summary>
    /// <param name="entries">At least one.</param>
    /// <param name="columns">Pictures side by side, at least 1.</param>
    /// <exception cref="LearningException">A file is not a usable picture; names it.</exception>
    public static byte[] Draw(IReadOnlyList<SheetEntry> entries, int columns = 6)
    {
        ArgumentOutOfRangeException.ThrowIfZero(entries.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        columns = Math.Min(columns, entries.Count);
        var rows = (entries.Count + columns - 1) / columns;
        using var sheet = new SKBitmap(Gap + (columns * (CellWidth + Gap)), Gap + (rows * (CellHeight + Gap)));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        var decoder = new ImageDecoder();
        var resize = new PillowResize();
        foreach (var (i, entry) in entries.Index())
        {
            var (x, y) = (Gap + (i % columns * (CellWidth + Gap)), Gap + (i / columns * (CellHeight + Gap)));
            var verdict = entry.Truth is null ? Unknown : entry.Truth == entry.Prediction.Label ? Right : Wrong;
            using var frame = new SKPaint { Color = verdict, IsAntialias = true };
            canvas.DrawRoundRect(x, y, CellWidth, CellWidth, Frame, Frame, frame);
            DrawThumbnail(canvas, decoder, resize, entry.Path, x + Frame, y + Frame);
            DrawCaption(canvas, entry, x, y + CellWidth + 6);
        }
        using var png = sheet.Encode(SKEncodedImageFormat.Png, 100);
        return png.ToArray();
    }

    private static unsafe void DrawThumbnail(SKCanvas canvas, ImageDecoder decoder, PillowResize resize, string path, int x, int y)
    {
        var picture = decoder.Decode(path, path);
        var side = Math.Min(picture.Width, picture.Height);
        var middle = new PixelRectangle((picture.Width - side) / 2, (picture.Height - side) / 2, side, side);
        using var bitmap = new SKBitmap(new SKImageInfo(Thumbnail, Thumbnail, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var pixels = new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount);
        resize.Run(picture, middle, Thumbnail, Thumbnail, 0, 0, Thumbnail, Thumbnail, Interpolation.Bicubic, pixels);
        canvas.DrawBitmap(bitmap, x, y, new SKSamplingOptions());
    }

    private static void DrawCaption(SKCanvas canvas, SheetEntry entry, int x, int y)
    {
        var probability = entry.Prediction.Probability.ToString("0.0%", CultureInfo.InvariantCulture);
        var fits = BitmapFont.Fit(CellWidth, Dot);
        BitmapFont.Draw(canvas, ConfusionText.Shorten(entry.Prediction.Label, fits), x, y, Dot, Ink);
        BitmapFont.Draw(canvas, probability, x, y + (BitmapFont.LineHeight * Dot), Dot, Faint);
        if (entry.Truth is { } truth && truth != entry.Prediction.Label)
            BitmapFont.Draw(canvas, ConfusionText.Shorten($"is {truth}", fits), x, y + (2 * BitmapFont.LineHeight * Dot), Dot, Wrong);
    }
}
