using static TorchSharp.torch;

namespace OrleansTransfer.Learning.Models.Text;

/// <summary>A level of the state dict's keys that computes nothing of its own: <c>attention.self</c>.</summary>
internal sealed class ModuleGroup : nn.Module
{
    private ModuleGroup() : base(nameof(ModuleGroup))
    {
    }

    /// <summary>
    /// Registers <paramref name="module"/> below <paramref name="owner"/> under a path with dots, which a single name must not have.
    /// </summary>
    /// <returns>The module that is its parent.</returns>
    public static nn.Module Put(nn.Module owner, string path, nn.Module module)
    {
        var names = path.Split('.');
        foreach (var name in names[..^1])
        {
            var group = owner.named_children().FirstOrDefault(child => child.name == name).module;
            if (group is null) owner.register_module(name, group = new ModuleGroup());
            owner = group;
        }
        owner.register_module(names[^1], module);
        return owner;
    }
}
