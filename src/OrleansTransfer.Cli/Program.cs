using OrleansTransfer.Cli;
using OrleansTransfer.Cli.Terminal;

using var interrupts = new Interrupts();
return await CliApplication.RunAsync(args, SystemConsole.Instance, interrupts.Token);
