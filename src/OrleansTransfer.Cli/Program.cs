using OrleansTransfer.Cli;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Compute;

Allocator.RestartTuned();
using var interrupts = new Interrupts();
return await CliApplication.RunAsync(args, SystemConsole.Instance, interrupts.Token);
