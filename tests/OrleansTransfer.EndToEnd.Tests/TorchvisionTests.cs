using System.Diagnostics;

namespace OrleansTransfer.EndToEnd.Tests;

public sealed class TorchvisionTests(DrawnLeaves leaves)
{
    private const string Python = "/usr/bin/python3";

    [Theory]
    [InlineData("squeezenet1_1")]
    [InlineData("resnet18")]
    public async Task An_exported_bundle_loads_in_torchvision_by_name_and_computes_the_same(string architecture)
    {
        if (!File.Exists(Python) || await PythonAsync("-c", "import torch, torchvision") is not (0, _))
            Assert.Skip($"{Python} has no torch and torchvision (Debian packages python3-torch and python3-torchvision).");

        using var folder = new TemporaryFolder();
        using var state = new StateFolder();
        var recipe = architecture == "resnet18" ? Training.ResNet(leaves, epochs: 1, batchSize: 12) : Training.SqueezeNet(leaves, epochs: 1);
        var run = (await OtxProcess.RunAsync([.. recipe, "--state", state.Path, "--devices", "cpu:1"])).Expect(0).Json;
        var bundle = folder.Combine("bundle");
        (await OtxProcess.RunAsync("export", run.GetProperty("experiment").GetString()!, "--to", bundle, "--state", state.Path)).Expect(0);

        var (input, logits) = (folder.Combine("input.safetensors"), folder.Combine("logits.safetensors"));
        var tool = Path.Combine(AppContext.BaseDirectory, "tools", "check_bundle.py");
        var written = await PythonAsync(tool, "input", input);
        Assert.True(written.ExitCode == 0, written.Said);
        (await OtxProcess.RunAsync(
            "models", "forward", architecture,
            "--weights", Path.Combine(bundle, "model.safetensors"), "--input", input, "--output", logits)).Expect(0);
        var compared = await PythonAsync(tool, "compare", bundle, input, logits);
        Assert.True(compared.ExitCode == 0, compared.Said);
        TestContext.Current.TestOutputHelper?.WriteLine(compared.Said);
    }

    private static async Task<(int ExitCode, string Said)> PythonAsync(params string[] arguments)
    {
        using var python = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = python.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var said = await python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken) + await error;
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (python.ExitCode, said);
    }
}
