using OrleansTransfer.Storage;

namespace OrleansTransfer.Cli.State;

/// <summary>Opens the state of a cluster that may not be running.</summary>
internal static class LocalStates
{
    /// <summary>The experiments stored where <paramref name="connection"/> says.</summary>
    /// <exception cref="CliException">The location cannot be understood.</exception>
    public static ILocalState Open(Connection connection)
    {
        try
        {
            return new ContainerLocalState(BlobContainers.Open(connection.State));
        }
        catch (ArgumentException e)
        {
            throw new CliException(
                $"The state location '{StateLocation.Shown(connection.State)}' cannot be used: {e.Message}", ExitCodes.WrongInput, e);
        }
    }
}
