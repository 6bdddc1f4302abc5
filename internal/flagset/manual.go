package flagset

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/dylora/dylora/internal/fault"
)

// Manual is the command that writes the manual, a page for each command, into a folder. Packages of dylora are
// built with it, so it is hidden. The pages have the date of SOURCE_DATE_EPOCH where that is set, else today's.
func Manual() *cobra.Command {
	return &cobra.Command{
		Use:     "manual FOLDER",
		Short:   "Write the manual, a page for each command, into a folder",
		Example: "  dylora manual man1",
		Hidden:  true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fault.Usagef("give one folder, into which the pages are written")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			root.DisableAutoGenTag = true // it has the time
			if err := os.MkdirAll(args[0], 0o777); err != nil {
				return err
			}
			header := &doc.GenManHeader{Section: "1", Source: "dylora " + root.Version, Manual: "dylora"}
			return doc.GenManTree(root, header, args[0])
		},
	}
}
