using System.CommandLine;
using OrleansTransfer.Cluster.Transport;

namespace OrleansTransfer.Cli;

/// <summary><c>--api-key-file</c> and <c>--cluster-ca</c> on a command that may talk to a cluster, or their variables.</summary>
internal sealed class ApiAccessOptions
{
    private readonly Option<string?> _file = new("--api-key-file")
    {
        Description = "File that holds nothing but the key of the cluster's API (OTX_API_KEY holds the key itself).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _authorities = new("--cluster-ca")
    {
        Description = "Authorities (PEM) of the certificate at https://..., in place of those that this machine trusts (OTX_CLUSTER_CA).",
        HelpName = "FILE",
    };

    public ApiAccessOptions(Command command)
    {
        command.Add(_file);
        command.Add(_authorities);
    }

    /// <summary>What the user chose; says on standard error when a key would cross a network in the clear.</summary>
    /// <param name="parse">The command line.</param>
    /// <param name="cluster">The cluster that is talked to; null for none but this process.</param>
    /// <exception cref="CliException">A file cannot be read, or holds something else.</exception>
    public ApiAccess Read(ParseResult parse, Uri? cluster)
    {
        var access = new ApiAccess { Key = ReadKey(parse), Authorities = ReadAuthorities(parse) };
        if (access.Key is not null && cluster is { Scheme: "http", IsLoopback: false })
        {
            parse.InvocationConfiguration.Error.WriteLine(
                $"warning: The API key crosses the network unencrypted, for {cluster.ToString().TrimEnd('/')} is no https:// address.");
        }
        return access;
    }

    private string? ReadKey(ParseResult parse)
    {
        if (parse.GetValue(_file) is not { } file) return EnvironmentVariables.Get("OTX_API_KEY")?.Trim();
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } key && !key.AsSpan().ContainsAny(" \r\n")
                ? key
                : throw new CliException($"'{file}' does not hold a key and nothing else.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The key cannot be read from '{file}': {e.Message}", inner: e);
        }
    }

    private ClusterAuthorities? ReadAuthorities(ParseResult parse)
    {
        var option = parse.GetValue(_authorities);
        if ((option ?? EnvironmentVariables.Get("OTX_CLUSTER_CA")) is not { } file) return null;
        try
        {
            return new(Path.GetFullPath(file), PemCertificates.Read(File.ReadAllBytes(file), file), option is not null);
        }
        catch (FormatException e)
        {
            throw new CliException($"The cluster's authorities: {e.Message}", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"The cluster's authorities cannot be read from '{file}': {e.Message}", inner: e);
        }
    }
}
