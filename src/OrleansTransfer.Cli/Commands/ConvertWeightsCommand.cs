using System.CommandLine;
using OrleansTransfer.Cli.Terminal;
using OrleansTransfer.Learning.Compute;
using OrleansTransfer.Learning.Models;
using OrleansTransfer.Learning.Weights;

namespace OrleansTransfer.Cli.Commands;

/// <summary><c>otx weights convert</c>: writes a weights file anew under the names of the library that is to read it.</summary>
internal static class ConvertWeightsCommand
{
    public static Command Create(IConsoleStreams streams)
    {
        var file = new Argument<string>("file") { Description = "A weights file of any format and naming that is read here." };
        var backbone = new Option<string>("--backbone")
        {
            Description = "The network it is of: a name from `otx models list`.",
            HelpName = "NAME",
            Required = true,
        };
        var keys = new Option<string>("--keys") { Description = "Whose names to write.", HelpName = "timm|torchvision", Required = true };
        keys.AcceptOnlyFromAmong([.. Enum.GetNames<KeyNaming>().Select(name => name.ToLowerInvariant())]);
        var to = new Option<string>("--to") { Description = "File to write.", HelpName = "OUT.safetensors", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there." };
        var command = new Command("convert", "Write weights under torchvision's or timm's names; the network must fit.")
        {
            file, backbone, keys, to, force,
        };
        var output = new OutputOption(command);
        command.SetAction(parse => Convert(
            parse.GetRequiredValue(file),
            Backbones.Get(parse.GetRequiredValue(backbone)),
            Enum.Parse<KeyNaming>(parse.GetRequiredValue(keys), ignoreCase: true),
            parse.GetRequiredValue(to),
            parse.GetValue(force),
            output.Open(parse, streams)));
        return command;
    }

    private static int Convert(string file, Backbone backbone, KeyNaming keys, string to, bool force, Output output)
    {
        if (Directory.Exists(to)) throw new CliException($"'{to}' is a folder; name the file to write.");
        if (File.Exists(to) && !force) throw new CliException($"'{to}' exists; choose another name, or replace it with --force.");
        Allocator.KeepLargeBlocks();
        var (model, report) = FittingModel.Load(backbone, file);
        using var owned = model;
        var saved = NamedWeights.Save(model, to, keys);

        var naming = keys.ToString().ToLowerInvariant();
        List<string> remarks = [.. report.Remarks, .. saved.Remarks];
        if (output.Json)
            output.Document(new
            {
                Backbone = backbone.Name,
                Keys = naming,
                saved.Model,
                Path = Path.GetFullPath(to),
                Labels = model.Classes,
                saved.Tensors,
                saved.LeftOut,
                Remarks = remarks,
            });
        output.Facts(
            ("file", to),
            ("keys", $"{naming}'s {saved.Model}"),
            ("labels", $"{model.Classes}"),
            ("tensors", $"{saved.Tensors}"),
            ("left out", saved.LeftOut.Count > 0 ? $"{saved.LeftOut.Count} keys that it does not have there" : null));
        foreach (var remark in remarks) output.Note(remark);
        return ExitCodes.Done;
    }
}
