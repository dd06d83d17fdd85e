using System.Text.Json;
using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Cli.Tests.Keys;

public sealed class KeysCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-keys-").FullName;

    private string KeysFile => Path.Combine(_folder, "secrets", "keys.yaml");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_key_is_printed_once_and_its_hash_is_kept()
    {
        var (code, streams) = await RunAsync("keys", "create", "--name", "alice", "--role", "operator", "--expires", "90d", "--file", KeysFile);

        Assert.Equal(ExitCodes.Done, code);
        var key = streams.OutText.Trim();
        var entry = Assert.Single(Entries());
        Assert.Equal(("alice", ApiRole.Operator, ApiKey.IdOf(key)), (entry.Name, entry.Role, entry.Id));
        Assert.True(ApiKey.Matches(key, entry.Hash));
        Assert.InRange(entry.Expires!.Value, DateTimeOffset.UtcNow.AddDays(89), DateTimeOffset.UtcNow.AddDays(91));
        Assert.DoesNotContain(key, streams.ErrorText);
        Assert.DoesNotContain(key[^43..], await File.ReadAllTextAsync(KeysFile, TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(KeysFile)!));
    }

    [Fact]
    public async Task Without_a_file_the_entry_is_printed_too()
    {
        var (_, streams) = await RunAsync("keys", "create", "--name", "alice", "--role", "viewer");
        Assert.StartsWith(ApiKey.Prefix, streams.OutText);
        Assert.Contains("hash: \"sha256:", streams.ErrorText);

        var (_, json) = await RunAsync("keys", "create", "--name", "alice", "--role", "viewer", "-o", "json");
        var printed = JsonElement.Parse(json.OutText);
        Assert.Equal(ApiKey.Hash(printed.GetProperty("key").GetString()!), printed.GetProperty("hash").GetString());
    }

    [Fact]
    public async Task A_rotation_leaves_time_and_a_revocation_does_not()
    {
        await RunAsync("keys", "create", "--name", "alice", "--role", "admin", "--file", KeysFile);
        var (code, streams) = await RunAsync("keys", "rotate", "alice", "--overlap", "2d", "--file", KeysFile);

        Assert.Equal(ExitCodes.Done, code);
        var (old, renewed) = (Entries()[0], Entries()[1]);
        Assert.True(ApiKey.Matches(streams.OutText.Trim(), renewed.Hash));
        Assert.Equal(("alice", ApiRole.Admin), (renewed.Name, renewed.Role));
        Assert.InRange(old.Expires!.Value, DateTimeOffset.UtcNow.AddDays(1), DateTimeOffset.UtcNow.AddDays(3));

        var (several, error) = await RunAsync("keys", "revoke", "alice", "--file", KeysFile);
        Assert.Equal(ExitCodes.WrongInput, several);
        Assert.Contains(old.Id, error.ErrorText);
        Assert.Equal(ExitCodes.Done, (await RunAsync("keys", "revoke", old.Id, "--file", KeysFile)).Code);
        Assert.NotNull(Entries()[0].Revoked);

        var (_, list) = await RunAsync("keys", "list", "--file", KeysFile, "-o", "json");
        Assert.Equal(["revoked", "valid"], JsonElement.Parse(list.OutText).EnumerateArray().Select(key => key.GetProperty("state").GetString()));
        Assert.DoesNotContain("sha256", list.OutText);
    }

    [Theory]
    [InlineData("keys create --name a/b --role viewer", "'a/b'")]
    [InlineData("keys create --name a --role boss", "boss")]
    [InlineData("keys create --role viewer", "--name")]
    [InlineData("keys create --name a --role viewer --expires soon", "'soon'")]
    [InlineData("keys create --name a --role viewer --expires 2020-01-01", "over already")]
    [InlineData("keys list", "--file")]
    [InlineData("keys list --file /nowhere/keys.yaml", "/nowhere/keys.yaml")]
    [InlineData("keys revoke x --file /nowhere/keys.yaml", "no key 'x'")]
    public async Task Wrong_input_is_named(string arguments, string named)
    {
        var (code, streams) = await RunAsync(arguments.Split(' '));
        Assert.Equal(ExitCodes.WrongInput, code);
        Assert.Contains(named, streams.ErrorText);
    }

    private IReadOnlyList<ApiKeyEntry> Entries() => ApiKeyFile.Parse(File.ReadAllText(KeysFile), KeysFile);

    private static async Task<(int Code, RecordedStreams Streams)> RunAsync(params string[] arguments)
    {
        var streams = new RecordedStreams();
        return (await CliApplication.RunAsync(arguments, streams, TestContext.Current.CancellationToken), streams);
    }
}
