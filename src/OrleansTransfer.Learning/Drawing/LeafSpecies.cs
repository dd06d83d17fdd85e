namespace OrleansTransfer.Learning.Drawing;

/// <summary>The edge of a leaf.</summary>
internal enum LeafMargin
{
    Smooth,
    Serrate,
    Wavy,
    Lobed,
}

/// <summary>How the veins run.</summary>
internal enum LeafVenation
{
    Pinnate,
    Palmate,
    Parallel,
}

/// <summary>What the healthy surface of a species looks like. The patterns share their texture with diseases, never their exact look.</summary>
internal enum LeafSurface
{
    Plain,
    Freckles,
    Blotches,
    Streaks,
    PaleRim,
    Dusting,
}

/// <summary>What makes the drawn leaves of one species alike.</summary>
/// <param name="Name">Label and folder name.</param>
/// <param name="Width">Greatest half-width / half-length.</param>
/// <param name="Widest">Where it is widest: 0 at the stalk, 1 at the tip.</param>
/// <param name="Pointed">1 for an ellipse, larger for pointed ends.</param>
/// <param name="Hue">Degrees: 60 yellow, 120 green.</param>
internal sealed record LeafSpecies(
    string Name, double Width, double Widest, double Pointed, LeafMargin Margin, LeafVenation Venation, LeafSurface Surface,
    double Hue, double Saturation, double Value)
{
    /// <summary>The species of the source task: twelve, told apart by shape, margin, veins, hue and surface together.</summary>
    public static IReadOnlyList<LeafSpecies> Source { get; } =
    [
        new("blotchleaf", 0.55, 0.45, 1.1, LeafMargin.Wavy, LeafVenation.Pinnate, LeafSurface.Blotches, 104, 0.60, 0.52),
        new("dustleaf", 0.42, 0.50, 1.4, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Dusting, 118, 0.42, 0.50),
        new("fanleaf", 0.85, 0.60, 0.9, LeafMargin.Lobed, LeafVenation.Palmate, LeafSurface.Plain, 95, 0.62, 0.58),
        new("freckleleaf", 0.48, 0.40, 1.2, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Freckles, 100, 0.58, 0.55),
        new("goldrim", 0.60, 0.42, 1.0, LeafMargin.Serrate, LeafVenation.Pinnate, LeafSurface.PaleRim, 110, 0.65, 0.46),
        new("heartleaf", 0.80, 0.28, 1.1, LeafMargin.Smooth, LeafVenation.Palmate, LeafSurface.Plain, 112, 0.60, 0.50),
        new("lancet", 0.26, 0.45, 1.5, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Plain, 98, 0.55, 0.56),
        new("oakling", 0.50, 0.58, 1.0, LeafMargin.Lobed, LeafVenation.Pinnate, LeafSurface.Plain, 88, 0.60, 0.52),
        new("ribbon", 0.20, 0.50, 1.2, LeafMargin.Smooth, LeafVenation.Parallel, LeafSurface.Streaks, 108, 0.52, 0.58),
        new("sawtooth", 0.45, 0.40, 1.3, LeafMargin.Serrate, LeafVenation.Pinnate, LeafSurface.Plain, 116, 0.62, 0.48),
        new("speckled-round", 0.82, 0.50, 0.9, LeafMargin.Wavy, LeafVenation.Palmate, LeafSurface.Freckles, 92, 0.55, 0.60),
        new("streaked-oval", 0.58, 0.50, 1.0, LeafMargin.Smooth, LeafVenation.Parallel, LeafSurface.Streaks, 120, 0.55, 0.48),
    ];

    /// <summary>The species of the target task, none of which is in the source task.</summary>
    public static IReadOnlyList<LeafSpecies> Target { get; } =
    [
        new("apple", 0.62, 0.42, 1.15, LeafMargin.Serrate, LeafVenation.Pinnate, LeafSurface.Plain, 106, 0.58, 0.52),
        new("bean", 0.68, 0.34, 1.2, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Plain, 100, 0.55, 0.56),
        new("pear", 0.50, 0.48, 1.1, LeafMargin.Wavy, LeafVenation.Pinnate, LeafSurface.Plain, 112, 0.60, 0.48),
        new("vine", 0.78, 0.50, 1.0, LeafMargin.Lobed, LeafVenation.Palmate, LeafSurface.Plain, 94, 0.58, 0.54),
    ];
}

/// <summary>What has befallen a leaf.</summary>
internal enum LeafDisease
{
    None,
    Spots,
    Blight,
    Rust,
    Mildew,
}
