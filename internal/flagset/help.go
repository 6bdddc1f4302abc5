package flagset

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/settings"
)

// HelpColumns is the width that no line of a help text exceeds.
const HelpColumns = 99

// The groups of flags, in the order in which help shows them. A setting's is that of the part of the tree that it is in.
const (
	ownGroup     = "Options"
	dataGroup    = "Task and data"
	modelGroup   = "Base model"
	adapterGroup = "Adapter"
	trainGroup   = "Training"
	machineGroup = "Machine"
	globalGroup  = "Every command"
)

func groups() []string {
	return []string{ownGroup, dataGroup, modelGroup, adapterGroup, trainGroup, machineGroup, globalGroup}
}

// groupOf says in which group a flag of cmd stands.
func groupOf(cmd *cobra.Command, f *pflag.Flag, parts map[string]string) string {
	switch group := parts[f.Name]; {
	case f.Name == "help" || f.Name == "version" || cmd.InheritedFlags().Lookup(f.Name) != nil || cmd.PersistentFlags().Lookup(f.Name) != nil:
		return globalGroup
	case f.Annotations[NotASetting] != nil || group == "":
		return ownGroup
	default:
		return group
	}
}

// settingGroups are the groups of the flags of settings.
func settingGroups() map[string]string {
	tree, parts := settings.Defaults(), map[string]string{}
	for group, part := range map[string]any{dataGroup: &tree.Data, adapterGroup: &tree.Adapter, trainGroup: &tree.Train, machineGroup: &tree.Machine} {
		for _, f := range schema.Fields(part) {
			parts[f.Flag()] = group
		}
	}
	for _, name := range []string{"model", "revision", "allow-pickle", "insecure", "max-length", "init-missing", "new-head"} {
		parts[name] = modelGroup
	}
	return parts
}

// Help gives root and its commands a help text that begins with what the command is for and with examples, has flags in
// groups, and fits HelpColumns, or columns where those are fewer. sections are the headings of the list of root's commands, with
// the names under each; what none has stands under "Other".
func Help(root *cobra.Command, columns int, sections []Section) {
	width := min(max(columns-1, 40), HelpColumns)
	root.SetUsageFunc(func(cmd *cobra.Command) error { return usage(cmd, cmd.OutOrStderr(), width, sections) })
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		w := cmd.OutOrStdout()
		fmt.Fprintln(w, cmd.Short)
		if err := usage(cmd, w, width, sections); err != nil {
			cmd.PrintErrln(err)
		}
	})
}

// Section is a heading and the commands under it.
type Section struct {
	Title    string
	Commands []string
}

// usage writes all of a help text but its first line.
func usage(cmd *cobra.Command, w io.Writer, width int, sections []Section) error {
	var b strings.Builder
	section := func(title, text string) {
		if text = strings.TrimRight(text, "\n"); text != "" {
			fmt.Fprintf(&b, "\n%s:\n%s\n", title, text)
		}
	}
	section("Examples", cmd.Example)
	var lines []string
	if cmd.Runnable() {
		lines = append(lines, "  "+cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		lines = append(lines, "  "+cmd.CommandPath()+" COMMAND [flags]")
	}
	section("Usage", strings.Join(lines, "\n"))
	if long := strings.TrimSpace(cmd.Long); long != "" && long != cmd.Short {
		fmt.Fprintf(&b, "\n%s\n", long)
	}
	commands(cmd, section, sections)
	flags(cmd, section, width)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n'%s COMMAND --help' tells more of a command.\n", cmd.CommandPath())
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// commands lists what cmd has below it.
func commands(cmd *cobra.Command, section func(title, text string), sections []Section) {
	left := slices.DeleteFunc(slices.Clone(cmd.Commands()), func(c *cobra.Command) bool { return !c.IsAvailableCommand() && c.Name() != "help" })
	listed := func(belongs func(name string) bool) string {
		var lines strings.Builder
		left = slices.DeleteFunc(left, func(c *cobra.Command) bool {
			if belongs(c.Name()) {
				fmt.Fprintf(&lines, "  %-*s  %s\n", cmd.NamePadding(), c.Name(), c.Short)
				return true
			}
			return false
		})
		return lines.String()
	}
	other := "Commands"
	if !cmd.HasParent() {
		for _, s := range sections {
			section(s.Title, listed(func(name string) bool { return slices.Contains(s.Commands, name) }))
		}
		other = "Other"
	}
	section(other, listed(func(string) bool { return true }))
}

// flags lists the flags of cmd, a group at a time.
func flags(cmd *cobra.Command, section func(title, text string), width int) {
	cmd.InitDefaultHelpFlag()
	parts, sets := settingGroups(), map[string]*pflag.FlagSet{}
	add := func(f *pflag.Flag) {
		group := groupOf(cmd, f, parts)
		if sets[group] == nil {
			sets[group] = pflag.NewFlagSet(group, pflag.ContinueOnError)
		}
		sets[group].AddFlag(f)
	}
	cmd.LocalFlags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	for _, group := range groups() {
		if s := sets[group]; s != nil && s.HasAvailableFlags() {
			section(group, usages(s, width))
		}
	}
}
