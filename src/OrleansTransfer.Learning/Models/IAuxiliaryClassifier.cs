using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models;

/// <summary>
/// A network with a second classifier half way up, whose loss carries gradients to the lower layers in training (arXiv 1409.4842). It takes no part
/// in inference.
/// </summary>
public interface IAuxiliaryClassifier
{
    /// <summary>
    /// Both logits of a batch <c>[N,3,H,W]</c>, each <c>[N,K]</c>, from one pass. The second is null when the network has no auxiliary classifier, or
    /// the input is too small for it.
    /// </summary>
    (Tensor Logits, Tensor? Auxiliary) ForwardWithAuxiliary(Tensor input);
}
