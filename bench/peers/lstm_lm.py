"""A language model of one LSTM layer (the medium model of Zaremba et al. 2014, without dropout)."""
from torch import nn
from torch.nn import functional as F

from common import measure
from scattered import tokens, training

BATCH, STEPS, VOCABULARY, UNITS = 20, 35, 10_000, 650


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, UNITS)
        self.lstm = nn.LSTM(UNITS, UNITS)
        self.output = nn.Linear(UNITS, VOCABULARY)

    def forward(self, ids):
        h, _ = self.lstm(self.embedding(ids))
        return self.output(h)


def build(bench):
    model = LanguageModel()
    texts = [tokens((STEPS + 1, BATCH), VOCABULARY, k) for k in range(10)]

    def loss_of(k):
        logits = model(texts[k][:-1])
        return F.cross_entropy(logits.view(-1, VOCABULARY), texts[k][1:].reshape(-1))

    return training(model, bench.sgd(model.parameters(), lr=1.0), loss_of, bench, clip=5.0)


if __name__ == "__main__":
    measure(build)
