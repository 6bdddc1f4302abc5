package classify

import (
	"cmp"
	"os"
	"runtime/debug"
	"time"

	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
)

// Sentiment stands for the folder of an adapter that every program with this package carries: it tells negative, neutral and positive
// sentences apart, on the built-in model. It is a toy, to try the package with: see dylora predict.
const Sentiment = "builtin:sentiment"

// Options say what Open loads, and how texts share executions. The zero value of each field is its default.
type Options struct {
	// Adapters are loaded at first, by the names that they are asked for by. A value is a run folder, or the folder of an
	// adapter or of a merged model, as dylora train, slice and merge write them and PEFT does. None: Load adds them.
	Adapters map[string]string

	// DefaultRanks are those of calls that name none, by the names in Adapters; "" stands for all others. A rank is as in Load.
	DefaultRanks map[string]int

	Model     string // base model: "mini", a folder or a name of the Hugging Face Hub; default: what the adapter records
	Precision string // of frozen weights, such as "float32" or "i16"; default float32
	Threads   int    // that compute; default: as many as there are cores
	MaxLength int    // tokens of a text, longer ones are cut; default: as many as the model takes

	MaxTokens int           // of an execution, about; default 1024. More make executions longer, and little else
	MaxQueued int           // texts that may wait; a call that finds others waiting and would make it more is refused with CodeBusy. Default 4096
	MaxWait   time.Duration // that a text waits for others to share its execution while nothing else is computed; default none

	Note    func(line string) // is told what a user should know, such as that a part of an adapter was not understood
	Observe func(Execution)   // is told of each execution of the graph, and should return at once
}

// Execution describes one execution of the graph.
type Execution struct {
	Texts    int
	Tokens   int
	Adapters int           // different ones
	Ranks    int           // different ones
	Heads    int           // different classification heads
	Waited   time.Duration // of the text that waited longest
	Took     time.Duration
}

// Defaults of Options.
const (
	defaultMaxTokens = 1024
	defaultMaxQueued = 4096
)

// env is the surroundings of sessions.
func (o *Options) env() *session.Env {
	version := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
	}
	return &session.Env{Note: o.Note, Getenv: os.Getenv, Now: time.Now, Version: version, Memory: session.MemoryLimits("/")}
}

// defaultRank is that of an adapter in Adapters.
func (o *Options) defaultRank(name string) int {
	if rank, ok := o.DefaultRanks[name]; ok {
		return rank
	}
	return o.DefaultRanks[""]
}

// layers are the settings that the options give.
func (o *Options) layers() []*settings.Layer {
	l := settings.NewLayer(settings.Flag)
	set := func(key, field string, given bool, v any) {
		if given {
			l.Set(key, "Options."+field, v)
		}
	}
	set("model", "Model", o.Model != "", settings.Text(o.Model))
	set("precision", "Precision", o.Precision != "", settings.Text(o.Precision))
	set("threads", "Threads", o.Threads != 0, o.Threads)
	set("max_length", "MaxLength", o.MaxLength != 0, o.MaxLength)
	return []*settings.Layer{l}
}

// limits are the bounds of the queue.
func (o *Options) limits() limits {
	return limits{tokens: cmp.Or(o.MaxTokens, defaultMaxTokens), queued: cmp.Or(o.MaxQueued, defaultMaxQueued), wait: o.MaxWait}
}
