"""scikit-learn, words 1-2 and characters 2-5, linear support vector machine.

svm.py train QUESTIONS MODEL | svm.py ask MODEL QUESTIONS
One model for all languages; it is not told the language of a question.
"""
import json
import math
import pickle
import sys
import time

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def read(name):
    with open(name, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def train(questions, model):
    rows = read(questions)
    features = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2),
    )
    machine = make_pipeline(features, LinearSVC(C=1))
    machine.fit([r["text"] for r in rows], [r["class"] for r in rows])
    machine[-1].coef_ = machine[-1].coef_.astype("float32")
    with open(model, "wb") as file:
        pickle.dump(machine, file, protocol=5)


def ask(model, questions):
    with open(model, "rb") as file:
        machine = pickle.load(file)
    texts = [r["text"] for r in read(questions)]
    start = time.perf_counter()
    answers = []
    for text in texts:  # one at a time, as people ask
        scores = machine.decision_function([text])[0]
        best = scores.argmax()
        answers.append({"class": machine.classes_[best], "score": 1 / (1 + math.exp(-2 * scores[best]))})
    micros = (time.perf_counter() - start) * 1e6 / len(texts)
    json.dump({"micros": micros, "answers": answers}, sys.stdout)


{"train": train, "ask": ask}[sys.argv[1]](sys.argv[2], sys.argv[3])
