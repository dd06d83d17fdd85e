using System.Security.Cryptography;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Tests.Weights.Keras;

public class KerasVggParityTests
{
    // torchvision's network, its weights in Keras' layout. That the layout is right is checked by computing with it as Keras does: channels last, and
    // the last map flattened so.
    private const string Script = """
        import hashlib, sys, h5py, numpy as np, torch, torchvision
        torch.manual_seed(1)
        model = torchvision.models.vgg16(weights=None).eval()
        names, index = [], 0
        for block, count in enumerate([2, 2, 3, 3, 3], 1):
            for i in range(1, count + 1):
                names.append(('block%d_conv%d' % (block, i), 'features.%d' % index))
                index += 2
            index += 1
        names += [('fc1', 'classifier.0'), ('fc2', 'classifier.3'), ('predictions', 'classifier.6')]
        state = model.state_dict()
        for key in state:
            if key.endswith('bias'): state[key].uniform_(-.1, .1)
        x = torch.randn(1, 3, 224, 224)
        with h5py.File(sys.argv[1], 'w') as file, torch.no_grad():
            file.attrs['layer_names'] = [layer.encode() for layer, _ in names]
            last = x
            for layer, key in names:
                kernel, bias = state[key + '.weight'], state[key + '.bias']
                if kernel.dim() == 4: kernel = kernel.permute(2, 3, 1, 0)
                elif layer == 'fc1': kernel = kernel.reshape(4096, 512, 7, 7).permute(2, 3, 1, 0).reshape(25088, 4096)
                else: kernel = kernel.t()
                group = file.create_group(layer)
                group.attrs['weight_names'] = [('%s_%s_1:0' % (layer, part)).encode() for part in 'Wb']
                group.create_dataset(layer + '_W_1:0', data=kernel.contiguous().numpy())
                group.create_dataset(layer + '_b_1:0', data=bias.numpy())
                if kernel.dim() == 4:
                    if layer[-1] == '1' and layer != 'block1_conv1': last = torch.nn.functional.max_pool2d(last, 2)
                    last = torch.relu(torch.nn.functional.conv2d(last, kernel.permute(3, 2, 0, 1), bias, padding=1))
                else:
                    if layer == 'fc1': last = torch.nn.functional.max_pool2d(last, 2).permute(0, 2, 3, 1).reshape(1, -1)
                    last = last @ kernel + bias
                    if layer != 'predictions': last = torch.relu(last)
            logits = model(x)
            assert (last - logits).abs().max() < 1e-4 * logits.abs().max()
        with h5py.File(sys.argv[2], 'w') as file:
            file['input'], file['logits'] = x.numpy(), logits.numpy()
        for key in state: print(key, hashlib.sha256(state[key].numpy().tobytes()).hexdigest(), file=open(sys.argv[3], 'a'))
        """;

    [Fact]
    public void Weights_of_torchvisions_network_in_Keras_layout_are_its_weights_again_and_give_its_logits()
    {
        using var folder = new TemporaryFolder();
        Python.Run("torch, torchvision, h5py", Script, folder["vgg16.h5"], folder["reference.h5"], folder["digests"]);
        using var scope = NewDisposeScope();
        var digests = File.ReadLines(folder["digests"]).Select(line => line.Split(' ')).ToDictionary(parts => parts[0], parts => parts[1]);
        using (var model = Backbones.Get("vgg16").Create(1000))
        using (var file = WeightFile.Open(folder["vgg16.h5"]))
        {
            Assert.Equal(digests.Keys.Order(), StateDict.Load(model, file, new()).Loaded.Order());
            foreach (var (key, tensor) in model.state_dict()) Assert.Equal(digests[key], Convert.ToHexStringLower(SHA256.HashData(tensor.bytes)));
        }

        using var reference = WeightFile.Open(folder["reference.h5"]);
        SafetensorsWriter.Write(folder["input"], [(RawForward.InputName, reference.Load("input"))]);
        RawForward.Run("vgg16", folder["vgg16.h5"], folder["input"], folder["output"]);
        using var output = WeightFile.Open(folder["output"]);
        var expected = reference.Load("logits");
        var deviation = (output.Load(RawForward.OutputName) - expected).abs().max() / expected.abs().max();
        Assert.InRange(deviation.item<float>(), 0, 1e-4);
    }
}
