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
    /// <summary>
    /// The species of the source task: four forms, each with three surfaces. The form alone does not tell a species, so that whoever learns them
    /// all has to see what is on a leaf whatever its form.
    /// </summary>
    public static IReadOnlyList<LeafSpecies> Source { get; } =
    [
        new("heartleaf", 0.80, 0.28, 1.1, LeafMargin.Smooth, LeafVenation.Palmate, LeafSurface.Plain, 104, 0.60, 0.52),
        new("heartleaf-blotched", 0.80, 0.28, 1.1, LeafMargin.Smooth, LeafVenation.Palmate, LeafSurface.Blotches, 104, 0.60, 0.52),
        new("heartleaf-freckled", 0.80, 0.28, 1.1, LeafMargin.Smooth, LeafVenation.Palmate, LeafSurface.Freckles, 104, 0.60, 0.52),
        new("lancet", 0.32, 0.45, 1.5, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Plain, 98, 0.55, 0.54),
        new("lancet-blotched", 0.32, 0.45, 1.5, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Blotches, 98, 0.55, 0.54),
        new("lancet-dusty", 0.32, 0.45, 1.5, LeafMargin.Smooth, LeafVenation.Pinnate, LeafSurface.Dusting, 98, 0.55, 0.54),
        new("oakling", 0.55, 0.58, 1.0, LeafMargin.Lobed, LeafVenation.Pinnate, LeafSurface.Plain, 92, 0.60, 0.52),
        new("oakling-dusty", 0.55, 0.58, 1.0, LeafMargin.Lobed, LeafVenation.Pinnate, LeafSurface.Dusting, 92, 0.60, 0.52),
        new("oakling-freckled", 0.55, 0.58, 1.0, LeafMargin.Lobed, LeafVenation.Pinnate, LeafSurface.Freckles, 92, 0.60, 0.52),
        new("sawtooth", 0.50, 0.40, 1.3, LeafMargin.Serrate, LeafVenation.Parallel, LeafSurface.Plain, 114, 0.60, 0.50),
        new("sawtooth-goldrim", 0.50, 0.40, 1.3, LeafMargin.Serrate, LeafVenation.Parallel, LeafSurface.PaleRim, 114, 0.60, 0.50),
        new("sawtooth-streaked", 0.50, 0.40, 1.3, LeafMargin.Serrate, LeafVenation.Parallel, LeafSurface.Streaks, 114, 0.60, 0.50),
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
