"""nanoGPT's recipe for a CPU: 4 layers, 4 heads, 128 wide, context 64, batch 12."""
from common import measure
from gpt import build

if __name__ == "__main__":
    measure(lambda bench: build(bench, vocabulary=65, context=64, width=128, layers=4, heads=4, batch=12))
