namespace OrleansTransfer.Learning.Weights;

/// <summary>Whose names the keys of a weights file have.</summary>
public enum KeyNaming
{
    /// <summary>torchvision's.</summary>
    Torchvision,

    /// <summary>timm's (pytorch-image-models).</summary>
    Timm,
}
