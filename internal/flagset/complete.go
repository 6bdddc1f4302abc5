package flagset

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/settings"
)

// Completions are values that only the folder at hand knows.
type Completions struct {
	Runs  func() []string               // run folders
	Ranks func(adapter string) []string // ranks of an adapter, for --rank of the commands that take one
}

// Complete lets a shell complete the values of flags and the adapters, tasks and models that are arguments, in every command
// below root. Files are completed where a value may be one.
func Complete(root *cobra.Command, known Completions) {
	for _, cmd := range root.Commands() {
		Complete(cmd, known)
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if complete := known.of(f); complete != nil {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, complete) // is there, and once
			}
		})
		switch {
		case cmd.Flags().Lookup("adapter") != nil:
			cmd.ValidArgsFunction = offered(known.Runs, cobra.ShellCompDirectiveDefault)
		case cmd.Name() == "fetch":
			cmd.ValidArgsFunction = offered(func() []string { return settings.Choices("task") }, cobra.ShellCompDirectiveNoFileComp)
		}
	}
}

// of completes the values of a flag; nil leaves it to the shell, which knows files.
func (c Completions) of(f *pflag.Flag) cobra.CompletionFunc {
	fixed := map[string][]string{
		"split": {"dev", "train", "dev_mismatched"}, "mode": {"train", "eval"}, "dtype": {"f32", "f16", "bf16"}, "progress": {"auto", "bar", "lines", "none"},
		"baselines": {"lora", "cut", "svd", "svd-weighted", "svd-4r", "svd-4r-weighted", "matryoshka", "all"},
	}
	own := f.Annotations[NotASetting] != nil
	switch name := f.Name; {
	case name == "adapter" || name == "run" || name == "init-adapter":
		return offered(c.Runs, cobra.ShellCompDirectiveDefault)
	case name == "rank" && own || name == "ranks":
		return func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			path := ""
			if adapter := cmd.Flags().Lookup("adapter"); adapter != nil {
				path = adapter.Value.String()
			}
			if len(args) > 0 {
				path = args[0]
			}
			return inList(c.Ranks(path), begun), cobra.ShellCompDirectiveNoFileComp
		}
	case fixed[name] != nil:
		return offered(func() []string { return fixed[name] }, cobra.ShellCompDirectiveNoFileComp)
	case own:
		return nil
	default:
		key := strings.ReplaceAll(name, "-", "_")
		if settings.Choices(key) == nil {
			return nil
		}
		files := cobra.ShellCompDirectiveNoFileComp
		if key == "task" || key == "model" {
			files = cobra.ShellCompDirectiveDefault
		}
		return offered(func() []string { return settings.Choices(key) }, files)
	}
}

// offered completes by a list of values.
func offered(values func() []string, files cobra.ShellCompDirective) cobra.CompletionFunc {
	return func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
		return inList(values(), begun), files
	}
}

// inList are the values that begin with what has been typed, of a list with commas with its last item.
func inList(values []string, begun string) (fit []string) {
	before := ""
	if i := strings.LastIndexByte(begun, ','); i >= 0 {
		before, begun = begun[:i+1], begun[i+1:]
	}
	for _, v := range values {
		if strings.HasPrefix(v, begun) {
			fit = append(fit, before+v)
		}
	}
	return fit
}
