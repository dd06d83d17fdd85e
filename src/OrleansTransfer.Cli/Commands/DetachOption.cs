using System.CommandLine;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>--detach</c>.</summary>
internal sealed class DetachOption
{
    private readonly Option<bool> _option = new("--detach") { Description = "Return as soon as it is started; needs --cluster." };

    public DetachOption(Command command) => command.Add(_option);

    /// <summary>Whether not to follow.</summary>
    /// <exception cref="CliException">The cluster would end with this process.</exception>
    public bool Read(ParseResult parse, Connection connection) => parse.GetValue(_option) && connection.Cluster is null
        ? throw new CliException("--detach needs a cluster that outlives this command: give --cluster URL, or set OTX_CLUSTER.")
        : parse.GetValue(_option);
}
