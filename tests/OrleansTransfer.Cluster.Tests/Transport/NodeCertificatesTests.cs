using Microsoft.Extensions.Logging.Abstractions;
using OrleansTransfer.Cluster.Transport;
using OrleansTransfer.Tests;

namespace OrleansTransfer.Cluster.Tests.Transport;

/// <summary>What is wrong with files of certificates is said when they are read.</summary>
public sealed class NodeCertificatesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("otx-tls-").FullName;
    private readonly TestAuthority _authority;

    public NodeCertificatesTests() => _authority = new(_folder);

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_certificate_its_key_and_its_authority_are_read() =>
        Assert.Equal("CN=n1", new NodeCertificates(_authority.Issue("n1"), TimeProvider.System).Files.Current.Certificate.Subject);

    [Fact]
    public void A_certificate_that_expired_is_refused_with_its_name_and_time()
    {
        var files = _authority.Issue("n1", until: DateTimeOffset.UtcNow.AddHours(-1));

        var problem = Refusal(files);

        Assert.Contains(files.Certificate!, problem);
        Assert.Contains("'CN=n1' expired at ", problem);
    }

    [Fact]
    public void A_certificate_that_is_not_valid_yet_is_refused() =>
        Assert.Contains("'CN=n1' is valid only from ", Refusal(_authority.Issue("n1", from: DateTimeOffset.UtcNow.AddHours(1))));

    [Fact]
    public void A_certificate_for_servers_alone_is_refused() =>
        Assert.Contains("'CN=n1' is not meant for clients", Refusal(_authority.Issue("n1", uses: "1.3.6.1.5.5.7.3.1")));

    [Fact]
    public void A_certificate_of_another_authority_is_refused_with_both_names()
    {
        using var other = new TestAuthority(_folder, "other");

        var problem = Refusal(other.Issue("n1") with { Authorities = _authority.Path });

        Assert.Contains("'CN=n1' is signed by 'CN=other', which is none of the authorities", problem);
        Assert.Contains(_authority.Path, problem);
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused_with_both_files()
    {
        var (one, other) = (_authority.Issue("n1"), _authority.Issue("n2"));
        var problem = Refusal(one with { Key = other.Key });
        Assert.Contains(one.Certificate!, problem);
        Assert.Contains(other.Key!, problem);
    }

    [Fact]
    public void Files_that_hold_something_else_are_named()
    {
        var text = Path.Combine(_folder, "text");
        File.WriteAllText(text, "nothing");
        Assert.Contains($"'{text}' holds no certificate", Refusal(_authority.Issue("n1") with { Authorities = text }));
        Assert.Contains($"'{text}' is not the private key", Refusal(_authority.Issue("n1") with { Key = text }));
        Assert.Contains("gone", Refusal(_authority.Issue("n1") with { Certificate = Path.Combine(_folder, "gone") }));
        Assert.Contains("--tls-ca", Refusal(_authority.Issue("n1") with { Authorities = null }));
    }

    [Fact]
    public void A_renewed_certificate_is_taken_up_and_a_half_written_one_is_not()
    {
        var certificates = new NodeCertificates(_authority.Issue("n1"), TimeProvider.System);
        var before = certificates.Files.Current.Certificate.Thumbprint;

        // The new certificate is there before its key is.
        var old = File.ReadAllText(Path.Combine(_folder, "ca-n1.key"));
        _authority.Issue("n1");
        var renewed = File.ReadAllText(Path.Combine(_folder, "ca-n1.key"));
        File.WriteAllText(Path.Combine(_folder, "ca-n1.key"), old);
        certificates.Files.Refresh(NullLogger.Instance);
        Assert.Equal(before, certificates.Files.Current.Certificate.Thumbprint);

        File.WriteAllText(Path.Combine(_folder, "ca-n1.key"), renewed);
        certificates.Files.Refresh(NullLogger.Instance);
        Assert.NotEqual(before, certificates.Files.Current.Certificate.Thumbprint);
    }

    private static string Refusal(TlsFiles files) => Assert.Throws<FormatException>(() => new NodeCertificates(files, TimeProvider.System)).Message;
}
