"""fastText by its program: subwords, one-vs-all loss.

fasttext.py train QUESTIONS MODEL | fasttext.py ask MODEL QUESTIONS
One model for all languages; it is not told the language of a question.
"""
import json
import os
import subprocess
import sys
import tempfile
import time
import unicodedata

PROGRAM = os.environ.get("FASTTEXT", "fasttext")
SETTINGS = "-loss ova -minn 2 -maxn 5 -wordNgrams 2 -dim 100 -lr 0.5 -epoch 25 -bucket 200000 -thread 2".split()


def read(name):
    with open(name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def plain(text):
    """Words apart from punctuation, in small letters, as fastText wants them."""
    marked = "".join(f" {c} " if unicodedata.category(c)[0] == "P" else c for c in text.lower())
    return " ".join(marked.split())


def train(questions, model):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for r in read(questions):
            file.write(f"__label__{r['class']} {plain(r['text'])}\n")
        file.flush()
        subprocess.run([PROGRAM, "supervised", "-input", file.name, "-output", model, "-verbose", "0", *SETTINGS], check=True)


def ask(model, questions):
    lines = "".join(plain(r["text"]) + "\n" for r in read(questions))

    def run(text):
        start = time.perf_counter()
        out = subprocess.run([PROGRAM, "predict-prob", model + ".bin", "-", "1"], input=text, capture_output=True, check=True, encoding="utf-8").stdout
        return out.splitlines(), time.perf_counter() - start

    _, loading = run(plain("x") + "\n")
    found, all_ = run(lines)
    answers = []
    for line in found:
        label, score = line.split()
        answers.append({"class": label.removeprefix("__label__"), "score": float(score)})
    json.dump({"micros": max(0, all_ - loading) * 1e6 / len(answers), "answers": answers}, sys.stdout)


{"train": train, "ask": ask}[sys.argv[1]](sys.argv[2], sys.argv[3])
