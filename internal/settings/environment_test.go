package settings

import (
	"slices"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestEnvLayer(t *testing.T) {
	l := EnvLayer([]string{
		"PATH=/bin", "HOME=", "DYLORA_RANK=4", "DYLORA_MODEL=a=b", "DYLORA_LR=1e-05", "DYLORA_SEED=18446744073709551615", "DYLORA_UPDATE=strict",
		"DYLORA_SHARED=/data", "DYLORA_CACHE=off", "DYLORA_EPOCHS=", "DYLORA_RNAK=", "dylora_batch=7", "XDYLORA_BATCH=7", "DYLORA", "DYLORA_CLIP",
	})
	if err := l.Err(); err != nil || l.Origin != Env {
		t.Fatalf("layer %s: %v", l.Origin, err)
	}
	if want := []string{"lr", "model", "rank", "seed", "update"}; !slices.Equal(l.Keys(), want) {
		t.Errorf("settings %v, want %v", l.Keys(), want)
	}
	r, err := Resolve(l)
	if err != nil {
		t.Fatal(err)
	}
	if r.Adapter.Rank != 4 || r.Data.Model != "a=b" || r.Train.Loop.LR != 1e-5 || r.Train.Loop.Seed != 1<<64-1 || r.Place("lr") != "DYLORA_LR" {
		t.Errorf("resolved %+v, lr from %s", r.Settings, r.Place("lr"))
	}
}

// Every setting has its variable.
func TestEnvLayerKnowsEverySetting(t *testing.T) {
	for _, f := range Defaults().Fields() {
		v := another(t, f)
		l := EnvLayer([]string{f.Env() + "=" + text(v)})
		if got, _ := l.Value(f.Key); got != v || l.Err() != nil || l.Place(f.Key) != f.Env() {
			t.Errorf("%s: %v at %s, %v, want %v", f.Env(), got, l.Place(f.Key), l.Err(), v)
		}
	}
}

// Faults come in one order, whatever the order of the environment.
func TestEnvLayerFaults(t *testing.T) {
	environ := []string{"DYLORA_ZERO=0", "DYLORA_RANK=4.5", "DYLORA_LR=fast", "DYLORA_rank=4", "DYLORA_=1"}
	want := `DYLORA_: no setting has this variable
DYLORA_LR: lr: "fast" is not a number
DYLORA_RANK: rank: "4.5" is not a whole number
DYLORA_ZERO: no setting has this variable
DYLORA_rank: no setting has this variable (did you mean DYLORA_RANK?)`
	for range environ {
		environ = append(environ[1:], environ[0])
		err := EnvLayer(environ).Err()
		if err == nil || err.Error() != want || fault.ReasonOf(err) != UnknownSetting {
			t.Errorf("error = %v, reason %q\nwant    %s", err, fault.ReasonOf(err), want)
		}
	}
}

func FuzzEnvLayer(f *testing.F) {
	f.Add("DYLORA_RANK=4\nDYLORA_LR=1e-3\nDYLORA_TARGETS=query,value")
	f.Add("DYLORA_RNAK=4\nDYLORA_QUOTING=auto\nDYLORA_QUOTING=csv")
	f.Add("DYLORA_SEED=-1\nDYLORA_SHARED=x\nDYLORA_=\nDYLORA")
	f.Add("DYLORA_RANK=9223372036854775807\nDYLORA_EVAL_RANKS=all")
	f.Add("DYLORA_LR=nan\nDYLORA_CLIP=Inf\nDYLORA_ALPHA=0x1p-2\nDYLORA_DATA_DIR=\xff: #\t")
	f.Fuzz(func(t *testing.T, text string) {
		environ := strings.Split(text, "\n")
		l := EnvLayer(environ)
		checkLayer(t, l)
		unknown := false
		for _, pair := range environ {
			name, value, _ := strings.Cut(pair, "=")
			if !strings.HasPrefix(name, "DYLORA_") || value == "" || slices.Contains(foreignVariables(), name) {
				continue
			}
			key := strings.ToLower(strings.TrimPrefix(name, "DYLORA_"))
			_, known := lookup(key)
			known = known && name == strings.ToUpper(name)
			unknown = unknown || !known
			if _, taken := l.Value(key); known && !taken && !strings.Contains(l.Err().Error(), key+": ") {
				t.Fatalf("%q is neither taken nor refused: %v", pair, l.Err())
			}
		}
		if got := fault.ReasonOf(l.Err()) == UnknownSetting; got != unknown {
			t.Fatalf("a variable is unknown: %v, by the reason %v: %v", unknown, got, l.Err())
		}
	})
}
