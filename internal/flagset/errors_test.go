package flagset

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/settings"
)

// What the parser finds is told in the words of the other messages, with what is meant.
func TestError(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"--learning-rate 1":                "unknown flag: --learning-rate (did you mean --lr?)",
		"--learning_rate=1":                "unknown flag: --learning_rate (did you mean --lr?)",
		"--num-epochs 3":                   "unknown flag: --num-epochs (did you mean --epochs?)",
		"--batch-size 3":                   "unknown flag: --batch-size (did you mean --batch?)",
		"--lora-r 3":                       "unknown flag: --lora-r (did you mean --rank?)",
		"--max-seq-length 3":               "unknown flag: --max-seq-length (did you mean --max-length?)",
		"--max_length 3":                   "unknown flag: --max_length (did you mean --max-length?)",
		"--rnak 3":                         "unknown flag: --rnak (did you mean --rank?)",
		"-lr 3":                            `unknown shorthand flag: 'l' in -lr (did you mean --lr?)`,
		"--colour red":                     "unknown flag: --colour",
		"--model-name-or-path x":           "unknown flag: --model-name-or-path", // this command has no --model
		"--rank eight":                     `--rank: "eight" is not a whole number`,
		"--rank 2.5":                       `--rank: "2.5" is not a whole number`,
		"--rank 99999999999999999999":      "--rank: 99999999999999999999 is beyond what a number can be",
		"--seed -1":                        `--seed: "-1" is not a whole number from 0 up`,
		"--lr fast":                        `--lr: "fast" is not a number`,
		"--new-head=yes":                   `--new-head: "yes" is not true or false`,
		"--numbers 1,x":                    `--numbers: "1,x" is not a list of whole numbers such as 1,2`,
		"--rank":                           "--rank needs a value",
		"-n":                               "--numbers needs a value",
		"--=3":                             "bad flag syntax: --=3",
		"--lr " + strings.Repeat("x", 500): `--lr: "` + strings.Repeat("x", 40) + `" is not a number`,
	} {
		cmd := &cobra.Command{Use: "test", Run: func(*cobra.Command, []string) {}}
		cmd.SetFlagErrorFunc(Error)
		AddSettings(cmd.Flags(), "rank", "lr", "epochs", "batch", "seed", "new_head", "max_length")
		cmd.Flags().IntSliceP("numbers", "n", nil, "numbers")
		err := execute(cmd, line)
		if err == nil || err.Error() != want || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%s: %v, want %s", line, err, want)
		}
	}
}

// No value of a setting's flag is answered in the words of strconv.
func TestErrorOfEverySetting(t *testing.T) {
	t.Parallel()
	for _, f := range settings.Defaults().Fields() {
		for _, value := range []string{"x y", "1e999", "-", "0x"} {
			cmd := &cobra.Command{Use: "test", Run: func(*cobra.Command, []string) {}}
			cmd.SetFlagErrorFunc(Error)
			AddSettings(cmd.Flags(), f.Key)
			cmd.SilenceUsage, cmd.SilenceErrors = true, true
			cmd.SetArgs([]string{"--" + f.Flag() + "=" + value})
			if err := cmd.Execute(); err != nil && (strings.Contains(err.Error(), "strconv") || strings.Contains(err.Error(), "parsing")) {
				t.Errorf("--%s=%s: %v", f.Flag(), value, err)
			}
		}
	}
}

func TestUnknownCommand(t *testing.T) {
	t.Parallel()
	root := &cobra.Command{Use: "test"}
	for _, name := range []string{"train", "eval", "sweep"} {
		root.AddCommand(&cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}})
	}
	for name, want := range map[string]string{
		"trian": `unknown command "trian" (did you mean "train"?)`, "evaluate": `unknown command "evaluate" (did you mean "eval"?)`,
		"download": `unknown command "download" (did you mean "fetch"?)`, "nosuch": `unknown command "nosuch"`, "Train\u200b": `unknown command "Train\u200b" (did you mean "train"?)`,
	} {
		if err := UnknownCommand(root, name, map[string]string{"download": "fetch"}); err.Error() != want || fault.ClassOf(err) != fault.Usage {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
