package settings

import (
	"strings"
	"testing"
)

// Each name of another library stands for a key that there is, and is none itself.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	for name, key := range elsewhere {
		if _, ok := lookup(key); !ok {
			t.Errorf("%s stands for %s, which is no key", name, key)
		}
		if _, ok := lookup(name); ok {
			t.Errorf("%s is a key itself", name)
		}
		if strings.ToLower(name) != name || strings.Contains(name, "-") {
			t.Errorf("%s is never found", name)
		}
	}
}

func TestMeant(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"learning-rate": "lr", "learning_rate": "lr", "Learning-Rate": "lr", "per_device_train_batch_size": "batch", "num-train-epochs": "epochs", "num-epochs": "epochs",
		"batch-size": "batch", "lora-r": "rank", "lora_alpha": "alpha", "target_modules": "targets", "model_name_or_path": "model", "max-seq-length": "max_length",
		"rnak": "rank", "epocks": "epochs", "max-step": "max_steps", "text-colum": "text_column",
		"colour": "", "": "", "x": "",
	} {
		if key, ok := Meant(name); key != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", name, key, ok, want)
		}
	}
}

// A key or a variable that no setting has is answered with the one that is meant.
func TestMeantInLayers(t *testing.T) {
	t.Parallel()
	l := NewLayer(File)
	l.Set("learning_rate", "run.yaml line 1", 0.1)
	l.Set("colour", "run.yaml line 2", "red")
	env := EnvLayer([]string{"DYLORA_BATCH_SIZE=8", "DYLORA_COLOUR=red"})
	err := LayersErr(l, env)
	const want = `run.yaml line 1: learning_rate: unknown key (did you mean lr?)
run.yaml line 2: colour: unknown key
DYLORA_BATCH_SIZE: no setting has this variable (did you mean DYLORA_BATCH?)
DYLORA_COLOUR: no setting has this variable`
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
