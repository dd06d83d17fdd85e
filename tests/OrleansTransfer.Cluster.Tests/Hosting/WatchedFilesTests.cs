using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansTransfer.Cluster.Hosting;

namespace OrleansTransfer.Cluster.Tests.Hosting;

public sealed class WatchedFilesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-watch-").FullName;

    private string Link => Path.Combine(_folder, "keys");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_changes_is_read_again_and_whoever_asked_is_told()
    {
        File.WriteAllText(Link, "one");
        var files = Watch();
        var told = new List<string>();
        files.Changed += told.Add;

        files.Refresh(NullLogger.Instance);
        File.WriteAllText(Link, "two");
        files.Refresh(NullLogger.Instance);
        files.Refresh(NullLogger.Instance);

        Assert.Equal("two", files.Current);
        Assert.Equal(["two"], told);
    }

    [Fact]
    public void A_link_that_leads_to_another_file_of_the_same_time_and_length_is_a_change()
    {
        // As Kubernetes replaces what is in a mounted secret.
        foreach (var name in (string[])["one", "two"])
        {
            File.WriteAllText(Path.Combine(_folder, name), name);
            File.SetLastWriteTimeUtc(Path.Combine(_folder, name), DateTime.UnixEpoch);
        }
        File.CreateSymbolicLink(Link, Path.Combine(_folder, "one"));
        var files = Watch();

        File.Delete(Link);
        File.CreateSymbolicLink(Link, Path.Combine(_folder, "two"));
        files.Refresh(NullLogger.Instance);

        Assert.Equal("two", files.Current);
    }

    [Fact]
    public void What_cannot_be_read_changes_nothing_until_it_can()
    {
        File.WriteAllText(Link, "one");
        var files = Watch();

        File.WriteAllText(Link, "bad");
        files.Refresh(NullLogger.Instance);
        Assert.Equal("one", files.Current);
        File.Delete(Link);
        files.Refresh(NullLogger.Instance);
        Assert.Equal("one", files.Current);
        File.WriteAllText(Link, "two");
        files.Refresh(NullLogger.Instance);
        Assert.Equal("two", files.Current);
    }

    [Fact]
    public void A_file_that_is_not_there_at_the_start_is_named() =>
        Assert.Contains($"'{Link}' cannot be read", Assert.Throws<FormatException>(Watch).Message);

    private WatchedFiles<string> Watch() => new([Link], contents =>
        Encoding.UTF8.GetString(contents[0]) is var text && text == "bad" ? throw new FormatException("It is bad.") : text);
}
