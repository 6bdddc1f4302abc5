package main

import (
	"fmt"
	"math"
	"reflect"
	"strings"

	"github.com/dylora/dylora/internal/kernel"

	"github.com/dylora/dylora/configs"
	"github.com/dylora/dylora/internal/data"
)

// config is everything a command can be told, one field per setting. A setting has one
// name everywhere: max_steps in a file is --max-steps and DYLORA_MAX_STEPS.
type config struct {
	Data    dataConfig    `mapstructure:",squash"`
	Adapter adapterConfig `mapstructure:",squash"`
	Train   trainConfig   `mapstructure:",squash"`
	Machine machineConfig `mapstructure:",squash"`
}

type dataConfig struct {
	Task             string `mapstructure:"task" usage:"what to learn: demo, a GLUE task such as sst2, mrpc, stsb, mnli, or the training \"file\" of your own: .csv, .tsv or .jsonl"`
	DevFile          string `mapstructure:"dev_file" usage:"\"file\" of the dev split of your own task"`
	TextColumn       string `mapstructure:"text_column" usage:"column of the text in your own files"`
	PairColumn       string `mapstructure:"pair_column" usage:"column of the second text in your own files; empty: there is none"`
	LabelColumn      string `mapstructure:"label_column" usage:"column of the label, or of the number to predict, in your own files"`
	Kind             string `mapstructure:"kind" usage:"what your own task is: classification or regression"`
	Quoting          string `mapstructure:"quoting" usage:"quotes in your own files: csv (fields may be quoted), none (a quote is a letter), or auto: csv for .csv, none for .tsv"`
	Recipe           string `mapstructure:"recipe" usage:"the task's settings: cpu (small budget), paper (the LoRA paper's) or reference (those of DyLoRA's code)"`
	DataDir          string `mapstructure:"data_dir" usage:"\"folder\" of GLUE's official TSV folders, or the task's own folder; empty: the Hub's data, kept in a cache"`
	Model            string `mapstructure:"model" usage:"base model: mini (built in), a \"folder\" in Hugging Face layout, or a name of the Hub such as FacebookAI/roberta-base"`
	Revision         string `mapstructure:"revision" usage:"branch, tag or commit of a model of the Hub; empty: its main branch"`
	AllowPickle      bool   `mapstructure:"allow_pickle" usage:"read weights in Python's pickle format, by an allow-list, where there are no safetensors"`
	MaxLength        int    `mapstructure:"max_length" usage:"tokens per sequence, special ones included; longer input is cut"`
	MaxTrainExamples int    `mapstructure:"max_train_examples" usage:"use only the first n training examples; 0: all"`
	MaxEvalExamples  int    `mapstructure:"max_eval_examples" usage:"use only the first n examples of the split in evaluation; 0: all"`
}

type adapterConfig struct {
	Rank         int     `mapstructure:"rank" usage:"largest rank R of the adapter"`
	RMin         int     `mapstructure:"r_min" usage:"smallest rank that training draws"`
	Alpha        float64 `mapstructure:"alpha" usage:"scale: rank b computes with alpha/b"`
	Targets      string  `mapstructure:"targets" usage:"adapted maps: any of query,key,value,attention.output.dense,intermediate.dense,output.dense, or all-linear"`
	Sampler      string  `mapstructure:"sampler" usage:"how ranks are drawn: uniform, geometric[:p], pmf:w1,w2,… or list:r1,r2,…"`
	Block        int     `mapstructure:"block" usage:"draw only multiples of this rank"`
	Update       string  `mapstructure:"update" usage:"rows that rank b trains: all (1 to b), frozen (gradient to b only) or strict (b only)"`
	InitAdapter  string  `mapstructure:"init_adapter" usage:"start from the A and B of this adapter, a run \"folder\" or any PEFT folder; empty: from nothing"`
	RanksPerStep string  `mapstructure:"ranks_per_step" usage:"ranks within one step: one, mixed (one per sequence) or sandwich (smallest, largest and drawn ones)"`
}

type trainConfig struct {
	Seed             uint64  `mapstructure:"seed" usage:"seed of initial weights, order, ranks and dropout"`
	Epochs           int     `mapstructure:"epochs" usage:"passes over the training split"`
	MaxSteps         int     `mapstructure:"max_steps" usage:"stop after n optimizer steps; 0: epochs decide"`
	Batch            int     `mapstructure:"batch" usage:"sequences per batch"`
	GradAccumulation int     `mapstructure:"grad_accumulation" usage:"batches per optimizer step; they share one rank"`
	LR               float64 `mapstructure:"lr" usage:"highest learning rate"`
	WeightDecay      float64 `mapstructure:"weight_decay" usage:"AdamW's decay, not on biases"`
	Warmup           float64 `mapstructure:"warmup" usage:"share of the steps in which the learning rate rises"`
	Clip             float64 `mapstructure:"clip" usage:"largest norm of the whole gradient; 0: no limit"`
	Best             string  `mapstructure:"best" usage:"which epoch is kept: the best by mean (over the evaluated ranks), by R, or by one rank"`
	Patience         int     `mapstructure:"patience" usage:"stop after n epochs without a better one; 0: never"`
	CheckpointEvery  int     `mapstructure:"checkpoint_every" usage:"steps between checkpoints; 0: only after each epoch and when stopped"`
	EvalRanks        string  `mapstructure:"eval_ranks" usage:"ranks evaluated each epoch, such as 1,2,4-8 or all; empty: powers of two up to R, and R"`
}

type machineConfig struct {
	Threads   int    `mapstructure:"threads" usage:"threads to compute with; 0: all processors. Results do not depend on it"`
	Kernel    string `mapstructure:"kernel" usage:"arithmetic: portable, avx2 or avx512, the latter two also with +vnni or +vnni+bf16; empty: the best this processor has"`
	Precision string `mapstructure:"precision" usage:"how frozen weights are held and multiplied: float32; i16, integers of 12 and 15 bits; int8 or bf16, for evaluation"`
}

func defaultConfig() config {
	return config{
		Data: dataConfig{
			Task: "demo", TextColumn: "text", LabelColumn: "label", Kind: data.Classification.String(), Quoting: string(data.QuoteAuto),
			Recipe: configs.CPU, Model: builtIn, MaxLength: 128,
		},
		Adapter: adapterConfig{Rank: 8, RMin: 1, Alpha: 16, Targets: "query,value", Sampler: "uniform", Block: 1, Update: "all", RanksPerStep: "one"},
		Train: trainConfig{
			Seed: 42, Epochs: 3, Batch: 32, GradAccumulation: 1, LR: 1e-3,
			WeightDecay: 0.01, Warmup: 0.06, Clip: 1, Best: "mean", CheckpointEvery: 200,
		},
		Machine: machineConfig{Precision: kernel.Float32.String()},
	}
}

// setting is one field of config.
type setting struct {
	key, usage string
	value      reflect.Value // addressable: the field itself
}

// flag is the setting's name on the command line, env its environment variable.
func (s setting) flag() string { return strings.ReplaceAll(s.key, "_", "-") }
func (s setting) env() string  { return "DYLORA_" + strings.ToUpper(s.key) }

// settings lists every field of c in the order they are declared.
func (c *config) settings() []setting {
	var all []setting
	for sections, i := reflect.ValueOf(c).Elem(), 0; i < sections.NumField(); i++ {
		section := sections.Field(i)
		for j := range section.NumField() {
			field := section.Type().Field(j)
			all = append(all, setting{field.Tag.Get("mapstructure"), field.Tag.Get("usage"), section.Field(j)})
		}
	}
	return all
}

// faults checks what can be checked without reading a file, one entry per broken rule,
// without saying where the value came from: {key, what is wrong}.
func (c *config) faults() [][2]string {
	var out [][2]string
	rule := func(ok bool, key, format string, a ...any) {
		if !ok {
			out = append(out, [2]string{key, fmt.Sprintf(format, a...)})
		}
	}
	least := func(key string, v, low int) { rule(v >= low, key, "%d is below %d", v, low) }
	positive := func(key string, v float64) {
		rule(v > 0 && !math.IsInf(v, 0), key, "%v is not a positive number", v)
	}
	notNegative := func(key string, v float64) {
		rule(v >= 0 && !math.IsInf(v, 0), key, "%v is not a number from 0 up", v)
	}

	d, a, t := c.Data, c.Adapter, c.Train
	rule(d.Model != "", "model", "is empty: say mini, a folder, or a name of the Hub")
	least("max_length", d.MaxLength, 3)
	least("max_train_examples", d.MaxTrainExamples, 0)
	least("max_eval_examples", d.MaxEvalExamples, 0)
	least("rank", a.Rank, 1)
	least("r_min", a.RMin, 1)
	rule(a.RMin <= a.Rank || a.Rank < 1, "r_min", "%d is above rank %d", a.RMin, a.Rank)
	positive("alpha", a.Alpha)
	least("block", a.Block, 1)
	least("epochs", t.Epochs, 1)
	least("max_steps", t.MaxSteps, 0)
	least("batch", t.Batch, 1)
	least("grad_accumulation", t.GradAccumulation, 1)
	positive("lr", t.LR)
	notNegative("weight_decay", t.WeightDecay)
	rule(t.Warmup >= 0 && t.Warmup <= 1, "warmup", "%v is not in [0, 1]", t.Warmup)
	notNegative("clip", t.Clip)
	least("patience", t.Patience, 0)
	least("checkpoint_every", t.CheckpointEvery, 0)
	least("threads", c.Machine.Threads, 0)
	return append(out, c.nameFaults()...)
}
