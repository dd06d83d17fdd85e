"""The peer of our exchange: all_reduce of torch.distributed over Gloo on loopback. Arguments: RANKS MEGABYTES... Prints a line for each size: megabytes and median seconds."""
import os
import socket
import sys
import time

import torch
import torch.distributed as dist
import torch.multiprocessing as mp


def run(rank, ranks, port, sizes):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port), GLOO_SOCKET_IFNAME="lo")
    torch.set_num_threads(1)
    dist.init_process_group("gloo", rank=rank, world_size=ranks)
    for megabytes in sizes:
        values, times = torch.empty(max(1, int(megabytes * 1e6 / 4))), []
        rounds = 200 if megabytes < 0.5 else 30 if megabytes < 10 else 12
        for round in range(-5, rounds):
            values.fill_(1)
            dist.barrier()
            start = time.perf_counter()
            dist.all_reduce(values)
            if round >= 0:
                times.append(time.perf_counter() - start)
        if rank == 0:
            print(megabytes, sorted(times)[len(times) // 2], flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    mp.spawn(run, args=(int(sys.argv[1]), port, [float(size) for size in sys.argv[2:]]), nprocs=int(sys.argv[1]))
