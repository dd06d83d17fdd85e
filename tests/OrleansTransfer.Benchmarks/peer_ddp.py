"""The peer of our data-parallel step: DistributedDataParallel over Gloo on loopback, a process per rank with one compute thread.
Arguments: MODEL SIZE BATCH STEPS RANKS. Prints the mean seconds of one step; the batch is each rank's. Its pictures are made once and stay in memory."""
import os
import socket
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
import torchvision


def run(rank, ranks, port, model, size, batch, steps):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.set_num_threads(1)
    network = getattr(torchvision.models, model)(weights=None, num_classes=2)
    if ranks > 1:
        dist.init_process_group("gloo", rank=rank, world_size=ranks)
        network = torch.nn.parallel.DistributedDataParallel(network)
    optimizer = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    pictures, labels, times = torch.randn(batch, 3, size, size), torch.randint(0, 2, (batch,)), []
    for step in range(-5, steps):
        start = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(pictures), labels).backward()
        optimizer.step()
        if step >= 0:
            times.append(time.perf_counter() - start)
    if rank == 0:
        print(sum(times) / len(times), flush=True)


if __name__ == "__main__":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model, (size, batch, steps, ranks) = sys.argv[1], map(int, sys.argv[2:])
    mp.spawn(run, args=(ranks, port, model, size, batch, steps), nprocs=ranks)
