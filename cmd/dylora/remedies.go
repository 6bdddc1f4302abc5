package main

import (
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/baseline"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/hub"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/nest"
	"github.com/dylora/dylora/internal/predict"
	"github.com/dylora/dylora/internal/serve"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// remedies says for each reason that a package declares what the user can do about it at
// the command line. It is the end of a sentence that the error's message begins.
func remedies() map[fault.Reason]string {
	return map[fault.Reason]string{
		settings.UnknownSetting: "'dylora config show' lists the settings",

		session.NoTask:        "pass --task",
		session.NoModel:       "pass --model",
		session.OtherTask:     "pass the --task that it was trained on",
		session.OtherLabels:   "pass another --task, or say with --labels which label each column stands for, in order",
		session.OtherProblem:  "pass the task and --kind that the head is for, or train a new one with --new-head",
		session.OtherModel:    "pass the --model that it was trained on",
		session.NoAdapterYet:  "'dylora train --resume' with --run and this folder finishes it",
		session.NoData:        "pass --data-dir, the GLUE folder that has it, or run 'dylora fetch' with the task's name where there is a network",
		session.Undecided:     "give a rank, or a larger --tolerance",
		session.NotCached:     "'dylora cache' lists what they hold",
		session.ChangedData:   "add --allow-changed-data to take it all the same",
		session.MovedTraining: "name it with --task where it is now",
		session.MovedDev:      "name it with --dev-file where it is now",
		session.MovedFolder:   "name the folder with --data-dir where it is now",
		session.Occupied:      "add --force to replace it, or give another folder",

		evaluate.LessIsBetter: "give it with --at-most",
		evaluate.MoreIsBetter: "give it with --at-least",

		adapter.OtherBase:      "give that model, or --force-base to use this one",
		adapter.PickledWeights: "add --allow-pickle to have it read",
		adapter.NoAlpha:        "give it with --lora-alpha",
		adapter.HasBiases:      "write a full model with 'dylora merge' instead",
		adapter.OtherRank:      "or cut it with 'dylora slice'",

		data.NoDataFolder:     "set --data-dir to that folder",
		data.NoDevFile:        "give one with --dev-file",
		data.LongLabel:        "name the right column with --label-column",
		data.ManyLabels:       "is it a regression (--kind regression), or another column?",
		data.SeveralLabels:    "a list of labels, or several columns a,b,c, are for --kind multi-label, several columns of numbers for --kind regression",
		data.UnclearSeparator: "say what stands between labels with --label-separator",
		data.NoColumn:         "name the columns with --text-column and --label-column, of a second text with --pair-column",
		data.NoTextColumn:     "name the column of the texts with --text-column, and of a second text with --pair-column",
		data.WrongDelimiter:   "say what stands between the columns with --delimiter",
		data.StrayQuote:       "--quoting none takes quotes as letters",

		hub.PickledWeights: "--allow-pickle reads the pickle",
		hub.OfflineMode:    "unset it, or run 'dylora fetch' where there is a network",
		hub.Unencrypted:    "set HF_ENDPOINT to an https address, or add --insecure to trust the network in between",

		model.PickledWeights: "--allow-pickle reads the tensors by an allow-list, or convert it with AutoModel.from_pretrained(…).save_pretrained(…) of Transformers",

		model.NoPooler: "'dylora train' with --init-missing makes one from the seed and keeps it in the adapter",

		finetune.OtherHead: "begin with a head of its own by --new-head, or say with --labels which label each column stands for, in order",

		baseline.NoRun:         "train one with 'dylora train', or name the run folder",
		baseline.OtherSettings: "remove that folder to have it trained again",

		predict.BadRow:      "--on-error null answers such a row with its error and goes on, --on-error skip leaves it out",
		predict.NoThreshold: "give it with --threshold",

		nest.NestedAlready: "'dylora slice' cuts it, --force re-sorts it all the same",
		nest.NotTrainable:  "leave --tune out",

		serve.AddressBusy: "choose another with --listen",
		serve.Exposed:     "have requests bear a token with --token-file, or add --allow-remote to let everybody ask",
		serve.OpenSecret:  "'chmod o=' and the file takes that from them",
		serve.NotHanded:   "--listen systemd is for services with a .socket unit",

		train.GroupSize: "give --micro-batches a multiple of it",

		train.NothingToResume: "leave --resume out to start one",
		train.HoldsRun:        "add --resume to go on with it or --overwrite to replace it, or name another folder",
		train.NoRun:           "'dylora train' makes one",
		train.NoneFinished:    "'dylora train --resume' goes on with it",
		train.NotFinished:     "'dylora train --resume' without them finishes it first",
	}
}

// message is err for a user: its text and the remedy of its reason, which gets a line of
// its own where the text has several.
func message(err error) string {
	text, remedy := err.Error(), remedies()[fault.ReasonOf(err)]
	switch {
	case remedy == "":
		return text
	case strings.Contains(text, "\n"):
		return text + "\n" + remedy
	}
	return text + "; " + remedy
}
