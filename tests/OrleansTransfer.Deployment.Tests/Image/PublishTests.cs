using System.Reflection.PortableExecutable;
using System.Runtime.Versioning;
using System.Text.Json;

namespace OrleansTransfer.Deployment.Tests.Image;

/// <summary>The step that the image's build relies on, taken here without one.</summary>
public sealed class PublishTests(PublishedProgram program)
{
    [Fact]
    public async Task The_program_says_its_version()
    {
        var said = (await Tool.RunAsync(Path.Combine(await program.Folder, "otx"), ["--version"])).Content();

        Assert.StartsWith(typeof(Host.NodeHost).Assembly.GetName().Version!.ToString(3), said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_entry_point_starts_a_node_that_the_health_check_finds_ready_and_that_leaves_in_order()
    {
        var entry = JsonSerializer.Deserialize<string[]>(Assert.Single(Dockerfile.Of("ENTRYPOINT")))!;
        Assert.Equal(["/app/otx-node"], entry);
        var app = await program.Folder;
        var before = Listing(app);
        var temporary = Directory.CreateTempSubdirectory("otx-node-").FullName;
        try
        {
            var offset = PublishedNode.FreeOffset();
            Assert.NotEqual(0, (await HealthAsync(offset)).ExitCode);
            await using var node = PublishedNode.Start(app, temporary, offset);

            var ready = await node.FirstLineAsync();

            Assert.Equal("ready", JsonElement.Parse(ready!).GetProperty("event").GetString());
            Assert.Equal(0, (await HealthAsync(offset)).ExitCode);
            Assert.Equal(0, await node.StopAsync());
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }

        Assert.Equal(before, Listing(app));
    }

    [Fact]
    public async Task Libraries_are_for_Linux_only_and_anyone_may_read_them()
    {
        var app = await program.Folder;

        Assert.Empty(Directory.GetDirectories(app, "runtimes"));
        Assert.DoesNotContain(Directory.GetFiles(app), file => file.EndsWith(".dylib", StringComparison.Ordinal));
        Assert.All(Directory.GetFiles(app), file => Assert.True(OperatingSystem.IsWindows() || IsReadable(file), file));
    }

    [Theory]
    [InlineData("otx-node.dll")]
    [InlineData("OrleansTransfer.Cluster.dll")]
    [InlineData("Orleans.Runtime.dll")]
    [InlineData("TorchSharp.dll")]
    public async Task Is_compiled_ahead_of_time(string assembly)
    {
        using var file = File.OpenRead(Path.Combine(await program.Folder, assembly));
        using var image = new PEReader(file);

        Assert.NotEqual(0, image.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
    }

    [UnsupportedOSPlatform("windows")]
    private static bool IsReadable(string file) => File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead);

    private static Task<Said> HealthAsync(int portOffset)
    {
        var command = Dockerfile.HealthCommand;
        return Tool.RunAsync(command[0], [.. command.Skip(1)], new Dictionary<string, string?> { ["OTX_PORT_OFFSET"] = $"{portOffset}" });
    }

    private static IEnumerable<string> Listing(string folder) => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
        .Select(file => $"{file} {File.GetLastWriteTimeUtc(file):O}").Order(StringComparer.Ordinal)];
}
