package settings

import (
	"strings"

	"github.com/dylora/dylora/internal/suggest"
)

// elsewhere are names that settings have in Transformers' TrainingArguments and example scripts, in PEFT's LoraConfig and in
// other trainers, with the keys here. None of them is a key.
var elsewhere = map[string]string{
	"learning_rate": "lr", "peak_lr": "lr", "base_lr": "lr",
	"batch_size": "batch", "per_device_train_batch_size": "batch", "per_gpu_train_batch_size": "batch", "train_batch_size": "batch", "bs": "batch", "micro_batch_size": "batch",
	"num_epochs": "epochs", "num_train_epochs": "epochs", "n_epochs": "epochs", "max_epochs": "epochs", "epoch": "epochs",
	"lora_r": "rank", "lora_rank": "rank", "r": "rank", "lora_alpha": "alpha", "target_modules": "targets", "lora_target": "targets", "lora_target_modules": "targets",
	"max_seq_length": "max_length", "max_seq_len": "max_length", "model_max_length": "max_length", "cutoff_len": "max_length", "max_len": "max_length",
	"model_name_or_path": "model", "model_name": "model", "base_model": "model", "pretrained_model_name_or_path": "model", "model_revision": "revision",
	"task_name": "task", "dataset_name": "task", "dataset": "task", "train_file": "task", "train_data": "task",
	"validation_file": "dev_file", "eval_file": "dev_file", "valid_file": "dev_file", "test_file": "dev_file", "val_file": "dev_file",
	"text_column_name": "text_column", "text_field": "text_column", "sentence_column": "text_column", "label_column_name": "label_column",
	"warmup_ratio": "warmup", "warmup_steps": "warmup", "wd": "weight_decay", "max_grad_norm": "clip", "gradient_clip_val": "clip", "grad_clip": "clip",
	"gradient_accumulation_steps": "grad_accumulation", "grad_accum": "grad_accumulation", "accumulate_grad_batches": "grad_accumulation",
	"save_steps": "checkpoint_every", "max_train_samples": "max_train_examples", "max_eval_samples": "max_eval_examples",
	"class_weight": "class_weights", "pos_weight": "class_weights", "label_weights": "class_weights",
	"metric_for_best_model": "best", "early_stopping_patience": "patience", "random_seed": "seed",
	"num_threads": "threads", "n_threads": "threads", "dtype": "precision", "torch_dtype": "precision", "data_folder": "data_dir", "init_lora": "init_adapter", "adapter_name_or_path": "init_adapter",
}

// Elsewhere is the key of the setting that another library gives this name; ok is false where there is none.
func Elsewhere(name string) (key string, ok bool) {
	key, ok = elsewhere[strings.ReplaceAll(strings.ToLower(name), "-", "_")]
	return key, ok
}

// Meant is the key of the setting that a name stands for which no setting has: one that another library gives it, or a
// mistyped key. Words may stand apart by - or _. ok is false where there is none.
func Meant(name string) (key string, ok bool) {
	if key, ok := Elsewhere(name); ok {
		return key, true
	}
	return suggest.Closest(name, Keys())
}

// meant is the part of a message that says so, with the key as spell writes it; "" where there is nothing to say.
func meant(name string, spell func(key string) string) string {
	if key, ok := Meant(name); ok {
		return " (did you mean " + spell(key) + "?)"
	}
	return ""
}
