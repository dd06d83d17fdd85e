using OrleansTransfer.Learning.Compute;
using SkiaSharp;

namespace OrleansTransfer.Learning.Drawing;

/// <summary>
/// Draws one leaf as a photograph might show it: turned, scaled and lit at random, before a random ground, with sensor noise. The picture is a pure
/// function of its species, disease, size and generator.
/// </summary>
internal static class LeafPainter
{
    // The leaf's own coordinates: the stalk joins at (0, 1), the tip is at (0, -1).
    private const int OutlinePoints = 72;

    /// <summary>Draws a square picture of <paramref name="size"/> pixels; the caller disposes it.</summary>
    public static SKBitmap Draw(LeafSpecies species, LeafDisease disease, int size, SplitMix64 random)
    {
        var bitmap = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        {
            DrawGround(canvas, size, ref random);
            var scale = (float)(size * random.NextDouble(0.36, 0.47));
            canvas.Translate(size * (float)random.NextDouble(0.44, 0.56), size * (float)random.NextDouble(0.44, 0.56));
            canvas.RotateDegrees((float)random.NextDouble(0, 360));
            canvas.Skew((float)random.NextDouble(-0.15, 0.15), 0);
            canvas.Scale(scale * (float)random.NextDouble(0.85, 1.1), scale);
            using var outline = Outline(species, ref random);
            DrawShadow(canvas, outline, ref random);
            DrawLeaf(canvas, outline, species, disease, ref random);
        }
        AddNoise(bitmap, random.NextDouble(2, 9), ref random);
        return bitmap;
    }

    private static void DrawGround(SKCanvas canvas, int size, ref SplitMix64 random)
    {
        // Soil, stone, paper or grass; its grain keeps "anything speckled" from being a clue to disease.
        var (hue, saturation, value) = random.NextInt(4) switch
        {
            0 => (random.NextDouble(18, 38), random.NextDouble(0.25, 0.5), random.NextDouble(0.2, 0.5)),
            1 => (random.NextDouble(0, 360), random.NextDouble(0.0, 0.08), random.NextDouble(0.3, 0.75)),
            2 => (random.NextDouble(30, 60), random.NextDouble(0.02, 0.12), random.NextDouble(0.75, 0.97)),
            _ => (random.NextDouble(70, 130), random.NextDouble(0.2, 0.45), random.NextDouble(0.15, 0.4)),
        };
        canvas.Clear(Colour(hue, saturation, value));
        using var paint = new SKPaint { IsAntialias = true };
        var grains = random.NextInt(60);
        for (var i = 0; i < grains; i++)
        {
            paint.Color = Colour(
                hue + random.NextDouble(-12, 12), saturation, value * random.NextDouble(0.6, 1.4)).WithAlpha((byte)random.NextInt(150));
            var width = size * (float)random.NextDouble(0.01, 0.09);
            canvas.DrawOval(
                size * (float)random.NextDouble(), size * (float)random.NextDouble(), width, width * (float)random.NextDouble(0.4, 1), paint);
        }
    }

    private static SKPath Outline(LeafSpecies species, ref SplitMix64 random)
    {
        var width = species.Width * random.NextDouble(0.9, 1.1);
        var widest = species.Widest + random.NextDouble(-0.03, 0.03);
        // sin(pi t^a) has its maximum at t = 0.5^(1/a).
        var exponent = Math.Log(0.5) / Math.Log(widest);
        var (amplitude, waves) = species.Margin switch
        {
            LeafMargin.Serrate => (0.055, 13 + random.NextInt(4)),
            LeafMargin.Wavy => (0.05, 5 + random.NextInt(2)),
            LeafMargin.Lobed => (0.26, 3),
            _ => (0.0, 1),
        };
        var bend = random.NextDouble(-0.12, 0.12);
        var phase = random.NextDouble(-0.04, 0.04);
        using var builder = new SKPathBuilder();
        for (var i = 0; i <= 2 * OutlinePoints; i++)
        {
            var side = i <= OutlinePoints ? 1 : -1;
            var t = (i <= OutlinePoints ? i : (2 * OutlinePoints) - i) / (double)OutlinePoints;
            var profile = width * Math.Pow(Math.Sin(Math.PI * Math.Pow(t, exponent)), species.Pointed);
            var turn = (t + (side * phase)) * waves;
            var edge = species.Margin == LeafMargin.Serrate ? (2 * (turn - Math.Floor(turn))) - 1 : Math.Sin(2 * Math.PI * turn);
            var x = (side * profile * (1 + (species.Margin == LeafMargin.Serrate ? 0 : amplitude * edge))) + (bend * Math.Sin(Math.PI * t));
            if (species.Margin == LeafMargin.Serrate) x += side * amplitude * edge * Math.Min(1, 4 * profile);
            var point = new SKPoint((float)x, (float)(1 - (2 * t)));
            if (i == 0) builder.MoveTo(point);
            else builder.LineTo(point);
        }
        builder.Close();
        return builder.Detach();
    }

    private static void DrawShadow(SKCanvas canvas, SKPath outline, ref SplitMix64 random)
    {
        using var paint = new SKPaint { IsAntialias = true, Color = SKColors.Black.WithAlpha((byte)(20 + random.NextInt(90))) };
        using var shift = new SKAutoCanvasRestore(canvas);
        canvas.Translate((float)random.NextDouble(-0.08, 0.08), (float)random.NextDouble(-0.08, 0.08));
        canvas.DrawPath(outline, paint);
    }

    private static void DrawLeaf(SKCanvas canvas, SKPath outline, LeafSpecies species, LeafDisease disease, ref SplitMix64 random)
    {
        var hue = species.Hue + random.NextDouble(-9, 9);
        var saturation = species.Saturation * random.NextDouble(0.8, 1.15);
        var value = species.Value * random.NextDouble(0.75, 1.2);
        var pale = Colour(hue - 12, saturation * 0.6, Math.Min(value * 1.45, 1));
        using (var stalk = Pen(pale))
        {
            stalk.StrokeWidth = 0.05f;
            canvas.DrawLine(0, 0.9f, (float)random.NextDouble(-0.1, 0.1), 1.25f, stalk);
        }

        using var clip = new SKAutoCanvasRestore(canvas);
        canvas.ClipPath(outline, SKClipOperation.Intersect, antialias: true);
        canvas.Clear(Colour(hue, saturation, value));
        DrawHalves(canvas, hue, saturation, value, ref random);
        DrawSurface(canvas, outline, species.Surface, hue, saturation, value, ref random);
        DrawVeins(canvas, species, pale, ref random);
        if (disease != LeafDisease.None) DrawDisease(canvas, disease, species, ref random);
        DrawLight(canvas, ref random);
    }

    // A leaf folds along its midrib, so one half is lighter.
    private static void DrawHalves(SKCanvas canvas, double hue, double saturation, double value, ref SplitMix64 random)
    {
        using var paint = new SKPaint { Color = Colour(hue + 4, saturation, value * random.NextDouble(0.78, 0.95)) };
        var left = random.NextInt(2) == 0;
        canvas.DrawRect(left ? -2 : 0, -2, 2, 4, paint);
    }

    private static void DrawVeins(SKCanvas canvas, LeafSpecies species, SKColor pale, ref SplitMix64 random)
    {
        using var paint = Pen(pale.WithAlpha((byte)(110 + random.NextInt(110))));
        paint.StrokeWidth = 0.035f;
        canvas.DrawLine(0, 1, 0, -1, paint);
        paint.StrokeWidth = 0.017f;
        var reach = (float)(species.Width * 1.3);
        switch (species.Venation)
        {
            case LeafVenation.Pinnate:
                var pairs = 6 + random.NextInt(3);
                for (var i = 1; i <= pairs; i++)
                {
                    var y = 1 - (1.9f * i / (pairs + 1));
                    Curve(canvas, paint, 0, y, reach * 0.5f, y - 0.12f, reach, y - 0.42f);
                    Curve(canvas, paint, 0, y, -reach * 0.5f, y - 0.12f, -reach, y - 0.42f);
                }
                break;
            case LeafVenation.Palmate:
                foreach (var angle in (ReadOnlySpan<float>)[0.35f, 0.8f, 1.3f, 1.9f])
                {
                    var (x, y) = (2 * MathF.Sin(angle), 0.75f - (2 * MathF.Cos(angle)));
                    Curve(canvas, paint, 0, 0.75f, x * 0.4f, (y * 0.4f) + 0.35f, x, y);
                    Curve(canvas, paint, 0, 0.75f, -x * 0.4f, (y * 0.4f) + 0.35f, -x, y);
                }
                break;
            case LeafVenation.Parallel:
                for (var i = 1; i <= 3; i++)
                {
                    var x = reach * i / 3.4f;
                    Curve(canvas, paint, 0, 1, x * 1.6f, 0, 0, -1);
                    Curve(canvas, paint, 0, 1, -x * 1.6f, 0, 0, -1);
                }
                break;
        }
    }

    private static SKPaint Pen(SKColor colour) =>
        new() { IsAntialias = true, Style = SKPaintStyle.Stroke, StrokeCap = SKStrokeCap.Round, Color = colour };

    private static void Curve(SKCanvas canvas, SKPaint paint, float x0, float y0, float x1, float y1, float x2, float y2)
    {
        using var builder = new SKPathBuilder();
        builder.MoveTo(x0, y0);
        builder.QuadTo(x1, y1, x2, y2);
        using var path = builder.Detach();
        canvas.DrawPath(path, paint);
    }

    private static void DrawSurface(
        SKCanvas canvas, SKPath outline, LeafSurface surface, double hue, double saturation, double value, ref SplitMix64 random)
    {
        using var paint = new SKPaint { IsAntialias = true };
        switch (surface)
        {
            case LeafSurface.Freckles:
                for (var i = 0; i < 45; i++)
                {
                    paint.Color = Colour(hue - random.NextDouble(40, 70), saturation, value * random.NextDouble(0.45, 0.7)).WithAlpha(210);
                    Blob(canvas, paint, random.NextDouble(-1, 1), random.NextDouble(-1, 1), random.NextDouble(0.02, 0.05), ref random);
                }
                break;
            case LeafSurface.Blotches:
                for (var i = 0; i < 9; i++)
                {
                    paint.Color = Colour(hue - random.NextDouble(25, 50), saturation * 0.9, value * random.NextDouble(0.55, 1.3)).WithAlpha(190);
                    Blob(canvas, paint, random.NextDouble(-0.6, 0.6), random.NextDouble(-0.9, 0.9), random.NextDouble(0.08, 0.2), ref random);
                }
                break;
            case LeafSurface.Streaks:
                paint.Style = SKPaintStyle.Stroke;
                for (var i = 0; i < 7; i++)
                {
                    var x = (float)random.NextDouble(-0.6, 0.6);
                    paint.Color = Colour(hue - 20, saturation * 0.5, Math.Min(1, value * 1.6)).WithAlpha(170);
                    paint.StrokeWidth = (float)random.NextDouble(0.02, 0.06);
                    Curve(canvas, paint, 0, 1, x * 1.5f, 0, 0, -1);
                }
                break;
            case LeafSurface.PaleRim:
                paint.Style = SKPaintStyle.Stroke;
                paint.StrokeWidth = (float)random.NextDouble(0.16, 0.26);
                paint.Color = Colour(58, 0.55, 0.85).WithAlpha(220);
                canvas.DrawPath(outline, paint);
                break;
            case LeafSurface.Dusting:
                DrawPowder(canvas, 10, 0.12, 0.3, ref random);
                break;
        }
    }

    private static void DrawDisease(SKCanvas canvas, LeafDisease disease, LeafSpecies species, ref SplitMix64 random)
    {
        // From barely begun to far gone.
        var severity = random.NextDouble(0.25, 1);
        var spread = species.Width * 0.8;
        using var paint = new SKPaint { IsAntialias = true };
        switch (disease)
        {
            case LeafDisease.Spots:
                for (var i = 0; i < 4 + (10 * severity); i++)
                {
                    var (x, y, radius) = (random.NextDouble(-spread, spread), random.NextDouble(-0.75, 0.75), random.NextDouble(0.045, 0.1));
                    paint.Color = Colour(52, 0.6, 0.75).WithAlpha(150);
                    Blob(canvas, paint, x, y, radius * 1.5, ref random);
                    paint.Color = Colour(random.NextDouble(15, 35), 0.6, random.NextDouble(0.15, 0.35));
                    Blob(canvas, paint, x, y, radius, ref random);
                }
                break;
            case LeafDisease.Blight:
                for (var i = 0; i < 2 + (4 * severity); i++)
                {
                    var (x, y) = (random.NextDouble(-spread, spread) * 1.1, random.NextDouble(-0.9, 0.8));
                    var hue = random.NextDouble(22, 40);
                    for (var ring = 3; ring >= 1; ring--)
                    {
                        paint.Color = Colour(hue, 0.5, 0.2 + (0.1 * ring)).WithAlpha(200);
                        Blob(canvas, paint, x, y, ring * random.NextDouble(0.05, 0.085), ref random);
                    }
                }
                break;
            case LeafDisease.Rust:
                for (var i = 0; i < 14 + (50 * severity); i++)
                {
                    paint.Color = Colour(random.NextDouble(14, 36), random.NextDouble(0.75, 0.95), random.NextDouble(0.6, 0.9));
                    var (x, y) = (random.NextDouble(-spread, spread) * 1.1, random.NextDouble(-0.85, 0.85));
                    Blob(canvas, paint, x, y, random.NextDouble(0.018, 0.05), ref random);
                }
                break;
            case LeafDisease.Mildew:
                DrawPowder(canvas, (int)(6 + (12 * severity)), 0.1, 0.26, ref random);
                break;
        }
    }

    // Whitish patches, each a cloud of small faint dots.
    private static void DrawPowder(SKCanvas canvas, int patches, double smallest, double largest, ref SplitMix64 random)
    {
        using var paint = new SKPaint { IsAntialias = true };
        for (var i = 0; i < patches; i++)
        {
            var (x, y, radius) = (random.NextDouble(-0.6, 0.6), random.NextDouble(-0.85, 0.85), random.NextDouble(smallest, largest));
            paint.Color = Colour(80, 0.06, 0.95).WithAlpha(70);
            for (var dot = 0; dot < 7; dot++)
            {
                var (dx, dy) = (radius * random.NextDouble(-0.7, 0.7), radius * random.NextDouble(-0.7, 0.7));
                Blob(canvas, paint, x + dx, y + dy, radius * random.NextDouble(0.2, 0.5), ref random);
            }
        }
    }

    // An uneven round patch: three overlapping ovals look less drawn than one.
    private static void Blob(SKCanvas canvas, SKPaint paint, double x, double y, double radius, ref SplitMix64 random)
    {
        if (radius < 0.04)
        {
            canvas.DrawCircle((float)x, (float)y, (float)radius, paint);
            return;
        }
        using var builder = new SKPathBuilder();
        for (var i = 0; i < 3; i++)
        {
            var (dx, dy) = (radius * random.NextDouble(-0.35, 0.35), radius * random.NextDouble(-0.35, 0.35));
            var (w, h) = (radius * random.NextDouble(0.6, 1), radius * random.NextDouble(0.6, 1));
            builder.AddOval(new((float)(x + dx - w), (float)(y + dy - h), (float)(x + dx + w), (float)(y + dy + h)));
        }
        using var path = builder.Detach();
        canvas.DrawPath(path, paint);
    }

    // Light from one side, and now and then a glossy patch, which must not be taken for mildew.
    private static void DrawLight(SKCanvas canvas, ref SplitMix64 random)
    {
        var angle = random.NextDouble(0, 2 * Math.PI);
        var (x, y) = ((float)Math.Cos(angle), (float)Math.Sin(angle));
        var light = SKColors.White.WithAlpha((byte)(10 + random.NextInt(50)));
        var shade = SKColors.Black.WithAlpha((byte)(10 + random.NextInt(70)));
        using var shader = SKShader.CreateLinearGradient(new(x, y), new(-x, -y), [light, shade], SKShaderTileMode.Clamp);
        using var paint = new SKPaint { Shader = shader };
        canvas.DrawPaint(paint);
        if (random.NextInt(3) > 0) return;
        var centre = new SKPoint((float)random.NextDouble(-0.3, 0.3), (float)random.NextDouble(-0.6, 0.6));
        using var glow = SKShader.CreateRadialGradient(
            centre, (float)random.NextDouble(0.2, 0.45), [SKColors.White.WithAlpha(90), SKColors.White.WithAlpha(0)], SKShaderTileMode.Clamp);
        using var gloss = new SKPaint { Shader = glow };
        canvas.DrawPaint(gloss);
    }

    private static unsafe void AddNoise(SKBitmap bitmap, double strength, ref SplitMix64 random)
    {
        var pixels = new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount);
        var amplitude = (int)(strength * 2);
        for (var i = 0; i < pixels.Length; i += 4)
        {
            var bits = random.Next();
            for (var channel = 0; channel < 3; channel++, bits >>= 16)
            {
                // The sum of two uniform bytes, -255 to 255, is close enough to a bell.
                var noise = (int)(bits & 0xFF) + (int)((bits >> 8) & 0xFF) - 255;
                pixels[i + channel] = (byte)Math.Clamp(pixels[i + channel] + ((noise * amplitude) >> 8), 0, 255);
            }
        }
    }

    private static SKColor Colour(double hue, double saturation, double value) =>
        SKColor.FromHsv((float)((hue + 360) % 360), (float)Math.Clamp(saturation * 100, 0, 100), (float)Math.Clamp(value * 100, 0, 100));
}
