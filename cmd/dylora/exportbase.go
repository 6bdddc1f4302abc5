package main

import (
	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/flagset"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/terminal"
)

func newExportBaseCmd(io *streams) *cobra.Command {
	var from adapterArg
	var json bool
	cmd := &cobra.Command{
		Use:   "export-base MODEL DIR",
		Short: "Write the built-in base model as a folder for Transformers and PEFT",
		Long: `Write the built-in base model, mini, as a folder in Hugging Face layout, whose
tokenizer_config.json has model_max_length. With --adapter, config.json names the labels of that
adapter; in a folder called mini, PEFT's AutoPeftModelForSequenceClassification finds it by the
adapter's base_model_name_or_path.`,
		Example: `  dylora export-base mini mini
  dylora export-base mini mini --adapter runs/reviews`,
		Args: flagset.CountArgs(2, 2, "the model, mini, and the folder to write"),
		RunE: func(_ *cobra.Command, args []string) (err error) {
			var a *session.StoredAdapter
			if from.path != "" {
				if a, err = from.open(io); err != nil {
					return err
				}
			}
			e, err := session.ExportBase(args[0], args[1], a)
			if err != nil {
				return err
			}
			return terminal.Result(io.out, json, e)
		},
	}
	cmd.Flags().StringVarP(&from.path, "adapter", "a", "", "run `folder` or adapter whose labels config.json gets")
	flagset.AddJSON(cmd, &json)
	return cmd
}
