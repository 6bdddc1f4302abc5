// Package settings holds everything that a command can be told: each setting once, as a
// field of one tree of structs whose tags say its key, help, default, bounds and scopes (see
// package schema). A setting has one name everywhere: max_steps in a file is --max-steps on
// the command line and DYLORA_MAX_STEPS in the environment.
//
// Sources of settings are layers. Resolve joins them, weakest first, over the defaults: the
// task's recipe (or the run that an adapter comes from), a file, the environment, the flags.
// The outcome knows for each setting which layer decided it.
package settings

import (
	"slices"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/data"
	"github.com/dylora/dylora/internal/kernel"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/train"
)

// Settings is the whole tree.
type Settings struct {
	Data    Data
	Adapter Adapter
	Train   Train
	Machine Machine
}

// Data says what is learnt and with which base model.
type Data struct {
	Task             string       `key:"task" default:"demo" scope:"remembered" help:"what to learn: demo, a GLUE task such as sst2, mrpc, stsb, mnli, or the training \"file\" of your own: .csv, .tsv, .json or .jsonl, also with .gz or .zst; several with commas between"`
	DevFile          string       `key:"dev_file" scope:"free,remembered,files" help:"\"file\" of the dev split of your own task, or several; empty: a share of the training file"`
	DevShare         float64      `key:"dev_share" default:"0.1" min:"0" max:"0.5" scope:"files" help:"share of your own training file that becomes the dev split where there is no dev_file, each label in proportion; 0: none is made"`
	DevSeed          uint64       `key:"dev_seed" default:"1" scope:"files" help:"seed by which dev_share is drawn; it does not depend on that of the training"`
	TextColumn       string       `key:"text_column" default:"text" scope:"remembered,files" help:"column of the text in your own files"`
	PairColumn       string       `key:"pair_column" scope:"remembered,files" help:"column of the second text in your own files; empty: there is none"`
	LabelColumn      string       `key:"label_column" default:"label" scope:"remembered,files" help:"column of the label, or of the number to predict, in your own files; several, a,b,c, for a regression of several outputs or labels with a column of 1 and 0 each"`
	LabelSeparator   string       `key:"label_separator" scope:"remembered,files" help:"what stands between the labels of a multi-label task in one column; empty: a comma"`
	Labels           string       `key:"labels" help:"\"labels\" in the order of the head's columns, such as negative,positive, where no file names them or to correct the names; empty: as the files say"`
	Kind             data.Kind    `key:"kind" scope:"remembered,files" help:"what your own task is: classification, regression, or multi-label, where several labels may hold; without it the base model's problem_type decides"`
	Metric           string       `key:"metric" scope:"remembered,changed" help:"\"name\" of the metric that comes first, by which epochs and ranks are compared and bounds are kept: accuracy, macro_f1, f1:LABEL, roc_auc, log_loss, pearson, …; empty: the task's own"`
	Threshold        float64      `key:"threshold" default:"0.5" min:"0" max:"1" scope:"remembered" help:"probability above which a label of a multi-label task is taken to hold"`
	Quoting          data.Quoting `key:"quoting" default:"auto" scope:"remembered,files" help:"quotes in your own files: csv (fields may be quoted), none (a quote is a letter), or auto: csv for .csv, none for .tsv"`
	Delimiter        string       `key:"delimiter" scope:"remembered,files" help:"letter between the columns of your own .csv or .tsv files, such as ; or tab; empty: a comma, in .tsv a tab"`
	AllowChangedData bool         `key:"allow_changed_data" scope:"free" help:"take data that are not those of the run, by their SHA-256, and say so in what is written"`
	Recipe           string       `key:"recipe" default:"cpu" scope:"card" help:"the task's settings: cpu (small budget), nested (cpu, with lower ranks nearer to LoRA trained for them), paper (the LoRA paper's) or reference (those of DyLoRA's code)"`
	DataDir          string       `key:"data_dir" scope:"free,remembered" help:"\"folder\" of GLUE's official TSV folders, or the task's own folder; empty: the Hub's data, kept in a cache"`
	Model            string       `key:"model" default:"mini" empty:"say mini, a folder, or a name of the Hub" scope:"free,remembered" help:"base model: mini (built in), a \"folder\" in Hugging Face layout, or a name of the Hub such as FacebookAI/roberta-base"`
	Revision         string       `key:"revision" scope:"free,remembered" help:"branch, tag or commit of a model of the Hub; empty: its main branch"`
	AllowPickle      bool         `key:"allow_pickle" help:"read weights in Python's pickle format, by an allow-list, where there are no safetensors"`
	Insecure         bool         `key:"insecure" scope:"free" help:"ask the Hub, and give it the token, where HF_ENDPOINT is an http address of another machine"`
	MaxLength        int          `key:"max_length" default:"128" min:"3" scope:"remembered" help:"tokens per sequence, special ones included; longer input is cut"`
	MaxTrainExamples int          `key:"max_train_examples" min:"0" scope:"card" help:"use only the first n training examples; 0: all"`
	MaxEvalExamples  int          `key:"max_eval_examples" min:"0" help:"use only the first n examples of the split in evaluation; 0: all"`
}

// Adapter says what is trained.
type Adapter struct {
	Rank        int               `key:"rank" default:"8" min:"1" max:"65536" help:"largest rank R of the adapter"`
	RMin        int               `key:"r_min" default:"1" min:"1" help:"smallest rank that training draws"`
	Alpha       float64           `key:"alpha" default:"16" above:"0" help:"scale: rank b computes with alpha/b, or as scaling says"`
	Scaling     adapter.Scaling   `key:"scaling" help:"how the scale depends on the rank b: paper (alpha/b), sqrt (alpha/√b), constant (alpha/R) or power:p (alpha·R^(p-1)/b^p)"`
	Targets     string            `key:"targets" default:"query,value" help:"adapted maps: any of query,key,value,attention.output.dense,intermediate.dense,output.dense,pooler.dense (BERT), or all-linear"`
	Sampler     string            `key:"sampler" default:"uniform" help:"how ranks are drawn: uniform, log-uniform, geometric[:p], pmf:w1,w2,… or list:r1,r2,…; with +R:p behind it, R with probability p and else so"`
	Block       int               `key:"block" default:"1" min:"1" help:"draw only multiples of this rank"`
	Update      adapter.Update    `key:"update" help:"rows that rank b trains: all (1 to b), frozen (gradient to b only) or strict (b only)"`
	Heads       adapter.HeadMode  `key:"heads" scope:"changed" help:"last layer of the head: shared by all ranks, per-rank (each rank's own, trained in its steps) or fitted (each rank's own, fitted after training)"`
	Gate        adapter.TrainGate `key:"gate" scope:"changed" help:"what a training step computes: nested (the drawn rank) or matryoshka (the sum of all ranks that sampler can draw, in every step)"`
	NewHead     bool              `key:"new_head" help:"begin with a new head even where the base model has one of the right size"`
	InitMissing bool              `key:"init_missing" scope:"card" help:"make a layer that the base model lacks, which is BERT's pooler, from the seed and keep it in the adapter; without it such a model is refused"`
	InitAdapter string            `key:"init_adapter" scope:"free" help:"start from the A and B of this adapter, a run \"folder\" or any PEFT folder; empty: from nothing"`
}

// Train says how it is trained.
type Train struct {
	Loop            train.Config // its Best and Strict are not settings: see LoopConfig
	Distill         float64      `key:"distill" min:"0" max:"1" scope:"changed" help:"share of what the adapter answers at rank R, at the end of full_rank_phase, in the targets of the steps behind it; 0: labels alone"`
	ClassWeights    string       `key:"class_weights" scope:"changed" help:"how much an example of each label counts in the loss, of a multi-label task how much a label counts where it holds: balanced (by how rare it is), or a list such as spam=4,ham=1, in which labels that are not named have 1; empty: all alike"`
	Batch           int          `key:"batch" default:"32" min:"1" scope:"card" help:"sequences per batch"`
	Best            string       `key:"best" default:"mean" scope:"card" help:"which epoch is kept: the best by mean (over the evaluated ranks), by R, or by one rank, of the first metric, or by the mean of another \"metric\", such as macro_f1 or log_loss; or last, and dev is evaluated only then"`
	CheckpointEvery int          `key:"checkpoint_every" default:"200" min:"0" scope:"free" help:"steps between checkpoints; 0: only after each epoch and when stopped"`
	EvalRanks       string       `key:"eval_ranks" help:"ranks evaluated each epoch, such as 1,2,4-8 or all; empty: powers of two up to R, and R"`
}

// Machine says with what to compute.
type Machine struct {
	Threads   int              `key:"threads" min:"0" scope:"free" help:"threads to compute with; 0: all processors. Results do not depend on it"`
	Kernel    string           `key:"kernel" scope:"free" help:"arithmetic: portable, avx2 or avx512, the latter two also with +vnni or +vnni+bf16; empty: the best this processor has"`
	Track     string           `key:"track" scope:"free" help:"server that is shown the training: mlflow, at MLFLOW_TRACKING_URI; empty: none. Nothing depends on it, and what it misses is sent later"`
	Precision kernel.Precision `key:"precision" scope:"card" help:"how frozen weights are held and multiplied: float32; i16, integers of 12 and 15 bits; int8 or bf16, for evaluation"`
}

// BuiltIn is the name of the model that the program carries.
const BuiltIn = "mini"

// Defaults are the settings where no layer says anything.
func Defaults() *Settings {
	s := new(Settings)
	s.Train.Loop = train.DefaultConfig()
	schema.SetDefaults(s)
	return s
}

// Fields lists every setting, with its value in s, in the order of the tree.
func (s *Settings) Fields() []schema.Field { return schema.Fields(s) }

// field is the setting of a key, with its value in s.
func (s *Settings) field(key string) (schema.Field, bool) {
	for _, f := range s.Fields() {
		if f.Key == key {
			return f, true
		}
	}
	return schema.Field{}, false
}

// Keys are the names of all settings.
func Keys() (keys []string) {
	for _, f := range new(Settings).Fields() {
		keys = append(keys, f.Key)
	}
	return keys
}

// Scoped are the names of the settings that have all of the scopes.
func Scoped(scopes ...schema.Scope) (keys []string) {
	for _, f := range new(Settings).Fields() {
		if !slices.ContainsFunc(scopes, func(s schema.Scope) bool { return !f.In(s) }) {
			keys = append(keys, f.Key)
		}
	}
	return keys
}
