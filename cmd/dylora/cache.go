package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

func newCacheCmd(io *streams) *cobra.Command {
	var dry, json bool
	cmd := &cobra.Command{
		Use:   "cache [ls | rm NAME…]",
		Short: "List what the caches hold, or remove some of it",
		Long: `List what the caches hold, with sizes, or remove what NAME stands for: an entry of the list,
or all of a kind. Kinds are packed (weights as the kernels take them, made again when they are
needed), glue (GLUE's splits as lines), and hub (models and data of the Hugging Face Hub, in
the cache that Python's tools use, too). 'dylora fetch' gets the latter two again.`,
		Example: `  dylora cache ls
  dylora cache rm packed
  dylora cache rm hub/FacebookAI/roberta-base --dry-run`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 || len(args) == 1 && args[0] == "ls" && !dry || len(args) > 1 && args[0] == "rm" {
				return nil
			}
			return fault.Usagef("cache: want ls, or rm with the names of what is to go")
		},
		RunE: func(_ *cobra.Command, args []string) error {
			l, err := session.Caches(io.env(), args[min(1, len(args)):], dry)
			if err != nil {
				return err
			}
			return terminal.Result(io.out, json, l)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "tell what rm would remove, and remove nothing")
	flagset.AddJSON(cmd, &json)
	return cmd
}
