using OrleansTransfer.Gateway.Access;

namespace OrleansTransfer.Gateway.Tests.Access;

/// <summary>A keys file of a test's own.</summary>
internal sealed class KeysFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-keys-").FullName;
    private readonly List<ApiKeyEntry> _entries = [];

    public KeysFile() => Write();

    public string Path => In("keys.yaml");

    public string In(string name) => System.IO.Path.Combine(_folder, name);

    /// <summary>Adds a key and returns it.</summary>
    public string Add(string name, ApiRole role, Func<ApiKeyEntry, ApiKeyEntry>? change = null)
    {
        var (id, key) = ApiKey.Create();
        var entry = new ApiKeyEntry(id, name, role, ApiKey.Hash(key));
        _entries.Add(change?.Invoke(entry) ?? entry);
        Write();
        return key;
    }

    public void Remove(string key)
    {
        _entries.RemoveAll(entry => entry.Id == ApiKey.IdOf(key));
        Write();
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write() => File.WriteAllText(Path, ApiKeyFile.Format(_entries, json: false));
}
