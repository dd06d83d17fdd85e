using OrleansTransfer.Learning.Data;

namespace OrleansTransfer.Learning.Weights.Catalogue;

/// <summary>How a file of weights is written.</summary>
public enum WeightFormat
{
    /// <summary>PyTorch's pickle, <c>.pth</c>.</summary>
    PyTorch,

    /// <summary>safetensors.</summary>
    Safetensors,

    /// <summary>Keras' HDF5, <c>.h5</c>.</summary>
    Keras,
}

/// <summary>A line of the catalogue: weights that are published for a backbone.</summary>
/// <param name="Name"><c>backbone/tag</c>, as recipes spell it.</param>
/// <param name="Url">Where the publisher has the file.</param>
/// <param name="Checksum">What the publisher says about its bytes.</param>
/// <param name="Format">How it is written.</param>
/// <param name="TrainingSet">What the weights were trained on.</param>
/// <param name="Licence">SPDX identifier of the licence the weights are published under.</param>
/// <param name="Top1">Accuracy on the training set's own validation pictures as its publisher measured it, in percent.</param>
/// <param name="Preprocessing">What the weights expect of a picture.</param>
public sealed record WeightEntry(
    WeightName Name,
    Uri Url,
    WeightChecksum Checksum,
    WeightFormat Format,
    string TrainingSet,
    string Licence,
    double Top1,
    Preprocessing Preprocessing)
{
    /// <summary>Ending of the file's name, with the dot.</summary>
    public string Extension => Format switch
    {
        WeightFormat.PyTorch => ".pth",
        WeightFormat.Safetensors => ".safetensors",
        _ => ".h5",
    };
}
