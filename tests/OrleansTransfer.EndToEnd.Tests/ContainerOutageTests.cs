using System.Diagnostics;
using System.Net;
using System.Text.Json;
using OrleansTransfer.Servers;

namespace OrleansTransfer.EndToEnd.Tests;

/// <summary>What the state is kept in goes away, or is full.</summary>
public sealed class ContainerOutageTests(DrawnLeaves leaves)
{
    private const string Location = "azure:container=outage";

    [Fact]
    public async Task A_run_outlives_half_a_minute_without_its_container()
    {
        Assert.SkipWhen(AzuriteServer.Missing is not null, AzuriteServer.Missing ?? "");
        await using var azurite = await AzuriteServer.StartAsync();
        var environment = new Dictionary<string, string>(Training.OneThread) { ["OTX_BLOB_CONNECTION"] = azurite.ConnectionString };
        await using var cluster = await TestCluster.StartAsync(Location, nodes: 2, environment);
        var node = cluster.Nodes[0];
        var id = (await OtxProcess.RunAsync(
            [.. Training.SqueezeNet(leaves, epochs: 5000), "--workers", "2", "--detach", "--cluster", node.Http]))
            .Expect(0).Json.GetProperty("experiment").GetString()!;
        await UntilStepAsync(node, id, 5, cluster);

        await azurite.StopAsync();
        await Until.TrueAsync(() => Ready(node).Status == HttpStatusCode.ServiceUnavailable, "the node to be unready", () => cluster.Transcript);
        Assert.Contains("cannot be read", Ready(node).Text, StringComparison.Ordinal);
        await Task.Delay(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await azurite.StartAgainAsync();

        await Until.TrueAsync(() => Ready(node).Status == HttpStatusCode.OK, "the node to be ready again", () => cluster.Transcript);
        await UntilStepAsync(node, id, Step(node, id)!.Value + 5, cluster);
        (await OtxProcess.RunAsync("experiments", "cancel", id, "--cluster", node.Http)).Expect(0);
        var ended = JsonDocument.Parse(await node.GetAsync($"/api/v1/experiments/{id}")).RootElement;
        Assert.Equal(("Cancelled", 0, 1), (ended.GetProperty("state").GetString(), ended.GetProperty("stepsLost").GetInt32(),
            ended.GetProperty("generation").GetInt32()));
        var steps = (await node.GetAsync($"/api/v1/experiments/{id}/events")).Split('\n')
            .Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonDocument.Parse(line[6..]).RootElement)
            .Where(e => e.GetProperty("kind").GetString() == "step").Select(e => e.GetProperty("step").GetInt64()).ToList();
        Assert.Equal(Enumerable.Range(1, steps.Count).Select(step => (long)step), steps);
    }

    [Fact]
    public async Task A_container_that_is_not_there_when_a_node_starts_is_named_without_its_key()
    {
        var environment = new Dictionary<string, string>
        {
            ["OTX_BLOB_CONNECTION"] = $"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={AzuriteServer.AccountKey};" +
                $"BlobEndpoint=http://127.0.0.1:{8080 + TestNode.FreeOffset()}/devstoreaccount1;",
        };

        var refused = (await OtxProcess.RunAsync(
            environment, ["node", "--devices", "cpu:1", "--state", Location, "--port-offset", $"{TestNode.FreeOffset()}"])).Expect(2);

        Assert.StartsWith($"error: The state location '{Location}' cannot be written:", refused.LastError, StringComparison.Ordinal);
        Assert.Contains("--state", refused.LastError, StringComparison.Ordinal);
        Assert.DoesNotContain(AzuriteServer.AccountKey, refused.Error + refused.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_ends_a_run_in_words_and_it_goes_on_from_its_checkpoint_when_there_is_space()
    {
        using var disk = SmallDisk.Mount(megabytes: 96);
        await using var cluster = await TestCluster.StartAsync(disk.Path, nodes: 1, Training.OneThread);
        var node = cluster.Nodes[0];
        await using var train = OtxProcess.Start(
            [.. Training.SqueezeNet(leaves, epochs: 400), "--workers", "1", "--cluster", node.Http]);
        await train.WaitForLineAsync(line => line.StartsWith("epoch 2/", StringComparison.Ordinal), onError: true);

        disk.Fill();
        var failed = (await train.WaitAsync(TimeSpan.FromMinutes(2))).Expect(1);
        Assert.Contains("No space left on device", failed.LastError, StringComparison.Ordinal);
        Assert.Contains("checkpoint", failed.LastError, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await node.StatusOfAsync("/health/live"));

        disk.Free();
        var id = failed.Json.GetProperty("experiment").GetString()!;
        var checkpoint = JsonDocument.Parse(await node.GetAsync($"/api/v1/experiments/{id}")).RootElement.GetProperty("epoch").GetInt32();
        Assert.True(checkpoint >= 2, $"Only {checkpoint} epochs were done.");
        await using var resumed = OtxProcess.Start(["experiments", "resume", id, "--cluster", node.Http]);
        await resumed.WaitForLineAsync(line => line.Contains("from the checkpoint of step", StringComparison.Ordinal), onError: true);
        (await OtxProcess.RunAsync("experiments", "cancel", id, "--cluster", node.Http)).Expect(0);
    }

    private static (HttpStatusCode Status, string Text) Ready(TestNode node)
    {
        using var http = new HttpClient();
        using var answer = http.GetAsync($"{node.Http}/health/ready", TestContext.Current.CancellationToken).GetAwaiter().GetResult();
        return (answer.StatusCode, answer.Content.ReadAsStringAsync().GetAwaiter().GetResult());
    }

    private static Task UntilStepAsync(TestNode node, string id, long step, TestCluster cluster) =>
        Until.TrueAsync(() => Step(node, id) >= step, $"step {step}", () => cluster.Transcript);

    // Null while it cannot be told.
    private static long? Step(TestNode node, string id)
    {
        try
        {
            return JsonDocument.Parse(node.GetAsync($"/api/v1/experiments/{id}").GetAwaiter().GetResult()).RootElement.GetProperty("step").GetInt64();
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>A file system of a few megabytes in memory, which only the system's administrator may make.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("otx-disk-").FullName;

        public string Path => System.IO.Path.Combine(_path, "state");

        private string Filler => System.IO.Path.Combine(_path, "filler");

        public static SmallDisk Mount(int megabytes)
        {
            var disk = new SmallDisk();
            if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk._path)) return disk;
            Directory.Delete(disk._path);
            Assert.Skip("This user may not mount a file system of limited size.");
            throw new UnreachableException();
        }

        /// <summary>Takes all space that is left.</summary>
        public void Fill()
        {
            using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            var block = new byte[64 * 1024];
            try
            {
                while (true) file.Write(block);
            }
            catch (IOException)
            {
                // Full.
            }
        }

        public void Free() => File.Delete(Filler);

        public void Dispose()
        {
            Run("umount", "-l", _path);
            Directory.Delete(_path);
        }

        private static bool Run(string program, params string[] arguments)
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
    }
}
