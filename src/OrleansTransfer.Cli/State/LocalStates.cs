namespace OrleansTransfer.Cli.State;

/// <summary>Opens the state of a cluster that may not be running.</summary>
internal static class LocalStates
{
    /// <summary>The experiments stored where <paramref name="connection"/> says.</summary>
    public static Task<ILocalState> OpenAsync(Connection connection, CancellationToken cancellationToken) =>
        NodeLocalState.OpenAsync(connection, cancellationToken);
}
