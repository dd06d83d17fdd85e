using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using OrleansTransfer.Learning.Compute;

namespace OrleansTransfer.Learning.Data;

/// <summary>From a picture file to the network's input: decode, resize, crop, mirror, normalise. Reuses its buffers: one thread at a time.</summary>
public sealed class PictureReader
{
    private readonly Preprocessing _preprocessing;
    private readonly ImageDecoder _decoder = new();
    private readonly PillowResize _resize = new();
    private readonly float[] _factors = new float[3], _offsets = new float[3];
    private readonly byte[] _square;
    private AffineVariation? _affine;

    /// <exception cref="ArgumentException">The preprocessing crops more than it resizes to, or has not three channels.</exception>
    public PictureReader(Preprocessing preprocessing)
    {
        if (preprocessing.Crop < 1 || preprocessing.Crop > preprocessing.Resize)
            throw new ArgumentException($"A crop of {preprocessing.Crop} pixels does not fit into a shorter side of {preprocessing.Resize} pixels.");
        if (preprocessing.Mean.Count != 3 || preprocessing.Std.Count != 3)
            throw new ArgumentException($"Expected mean and std of 3 channels, found {preprocessing.Mean.Count} and {preprocessing.Std.Count}.");
        _preprocessing = preprocessing;
        _square = new byte[preprocessing.Crop * preprocessing.Crop * PixelBuffer.PixelBytes];
        for (var channel = 0; channel < 3; channel++)
        {
            // (byte x scale - mean) / std as one multiplication and one addition.
            _factors[channel] = (float)(preprocessing.Scale / preprocessing.Std[channel]);
            _offsets[channel] = (float)(-(double)preprocessing.Mean[channel] / preprocessing.Std[channel]);
        }
    }

    /// <summary>Length of one picture's input: 3 x crop x crop.</summary>
    public int Length => 3 * _preprocessing.Crop * _preprocessing.Crop;

    /// <summary>Reads a picture as evaluation and prediction see it.</summary>
    /// <param name="destination">Receives <c>[3,H,W]</c>; <see cref="Length"/> values.</param>
    /// <exception cref="LearningException">The file is not a usable picture; the message names it as <paramref name="name"/>.</exception>
    public void Read(string path, string name, Span<float> destination)
    {
        var picture = _decoder.Decode(path, name);
        Render(picture, Framing.Centre(picture.Width, picture.Height, _preprocessing), destination);
    }

    /// <summary>Reads a picture as training sees it: varied by what <paramref name="random"/> draws.</summary>
    /// <inheritdoc cref="Read(string, string, Span{float})"/>
    public void Read(string path, string name, AugmentKind kind, SplitMix64 random, Span<float> destination)
    {
        var picture = _decoder.Decode(path, name);
        Render(picture, Augmentation.Frame(kind, picture.Width, picture.Height, _preprocessing, ref random), destination);
        // The offsets are what black becomes.
        if (kind == AugmentKind.Affine) (_affine ??= new(_preprocessing.Crop)).Apply(destination, _offsets, ref random);
        Augmentation.Distort(kind, destination, _preprocessing.Crop, ref random);
    }

    private void Render(PixelBuffer picture, Framing framing, Span<float> destination)
    {
        var crop = _preprocessing.Crop;
        _resize.Run(
            picture, framing.Source, framing.Width, framing.Height, framing.Left, framing.Top, crop, crop, _preprocessing.Interpolation, _square);
        var pixels = MemoryMarshal.Cast<byte, uint>(_square.AsSpan());
        if (framing.Mirrored)
            for (var row = 0; row < crop; row++) pixels.Slice(row * crop, crop).Reverse();
        for (var channel = 0; channel < 3; channel++)
            Normalise(pixels, SourceChannel(channel), _factors[channel], _offsets[channel], destination.Slice(channel * pixels.Length, pixels.Length));
    }

    // Decoded pixels hold red, green and blue in this order.
    private int SourceChannel(int channel) => _preprocessing.Channels == ChannelOrder.Rgb ? channel : 2 - channel;

    private static void Normalise(ReadOnlySpan<uint> pixels, int channel, float factor, float offset, Span<float> destination)
    {
        var i = 0;
        for (; i <= pixels.Length - Vector512<uint>.Count; i += Vector512<uint>.Count)
        {
            var bytes = (Vector512.Create(pixels[i..]) >>> (8 * channel)) & Vector512.Create(255u);
            var values = Vector512.ConvertToSingle(bytes.AsInt32());
            Vector512.FusedMultiplyAdd(values, Vector512.Create(factor), Vector512.Create(offset)).CopyTo(destination[i..]);
        }
        for (; i < pixels.Length; i++) destination[i] = MathF.FusedMultiplyAdd((byte)(pixels[i] >> (8 * channel)), factor, offset);
    }
}
