namespace OrleansTransfer.EndToEnd.Tests;

public sealed class RealLeavesTests
{
    [Fact]
    public async Task A_pretrained_network_learns_to_tell_real_leaves_apart()
    {
        var weights = SharedFolder.Path("weights", "mobilenet_v2.safetensors");
        using var folder = new TemporaryFolder();
        foreach (var label in Directory.GetDirectories(SharedFolder.Path("data", "leaves", "train")))
        {
            var copy = Directory.CreateDirectory(folder.Combine("leaves", Path.GetFileName(label)));
            foreach (var picture in Directory.GetFiles(label).Order(StringComparer.Ordinal).Take(80))
                File.CreateSymbolicLink(Path.Combine(copy.FullName, Path.GetFileName(picture)), picture);
        }

        // Half of the pictures at half the size: seconds instead of minutes.
        using var state = new StateFolder();
        var run = (await OtxProcess.RunAsync(
            "train", folder.Combine("leaves"), "--backbone", "mobilenet_v2", "--weights", weights, "--epochs", "4", "--workers", "2",
            "--batch-size", "16", "--set", "model.inputSize=128", "--devices", "cpu:2", "--state", state.Path, "-o", "json")).Expect(0).Json;
        var accuracy = run.GetProperty("metrics").GetProperty("accuracy").GetDouble();
        TestContext.Current.TestOutputHelper?.WriteLine($"accuracy {accuracy:0.000} in {run.GetProperty("seconds").GetDouble():0} s of training");
        Assert.True(accuracy >= 0.95, $"The accuracy is {accuracy}.");
    }
}
