// Boost.Interprocess: a message_queue between producers and consumers, each a process, that begin together.

#include "raw/peer.h"

#include <atomic>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <vector>

namespace bip = boost::interprocess;

// As many items as ours has.
static const size_t items = 1000;

struct figure_t {
    size_t size = 0;
    unsigned producers = 0, consumers = 0;
    size_t count = 0;
};

// What they all see: how many are ready, and whether they may begin.
struct start_t {
    std::atomic<unsigned> ready, go, done;
};

static figure_t read_figure(int argc, char **argv)
{
    figure_t figure;
    char unit = 0;

    if (argc != 3)
        peer_fail("the command line, FIGURE COUNT,");
    if (sscanf(argv[1], "queue_%zuk_%ux%u%c", &figure.size, &figure.producers, &figure.consumers, &unit) == 3)
        figure.size <<= 10;
    else if (sscanf(argv[1], "queue_%zu_%ux%u%c", &figure.size, &figure.producers, &figure.consumers, &unit) != 3)
        peer_fail("finding the figure");
    figure.count = strtoul(argv[2], nullptr, 10);
    return figure;
}

static void wait_until(std::atomic<unsigned> &word, unsigned wanted)
{
    while (word.load() < wanted)
        usleep(50);
}

static void hand(bip::message_queue &queue, const figure_t &figure, bool puts, start_t *start)
{
    std::vector<char> item(figure.size);
    size_t count = figure.count / (puts ? figure.producers : figure.consumers);
    bip::message_queue::size_type length;
    unsigned priority;

    start->ready++;
    while (start->go.load() == 0)
        ;
    for (size_t i = 0; i < count; i++)
        if (puts)
            queue.send(item.data(), item.size(), 0);
        else
            queue.receive(item.data(), item.size(), length, priority);
    start->done++;
}

static double run(bip::message_queue &queue, const figure_t &figure, start_t *start)
{
    unsigned hands = figure.producers + figure.consumers;
    double begin;

    for (unsigned i = 0; i < hands; i++)
        if (peer_split()) {
            hand(queue, figure, i < figure.producers, start);
            peer_leave();
        }
    wait_until(start->ready, hands);
    begin = peer_now();
    start->go = 1;
    for (unsigned i = 0; i < hands; i++)
        peer_join();
    return peer_now() - begin;
}

int main(int argc, char **argv)
{
    figure_t figure = read_figure(argc, argv);
    char name[64];
    double taken, amount = (double) figure.count * (figure.size >= PEER_LARGE ? (double) figure.size / 1e3 : 1);

    peer_address(name, sizeof name, "", "queue");
    bip::message_queue::remove(name);
    {
        bip::message_queue queue(bip::create_only, name, items, figure.size);

        bip::message_queue::remove(name);
        taken = run(queue, figure, new (peer_memory(sizeof(start_t))) start_t());
    }
    printf("%.4f\n", amount / taken * 1e3);
    return 0;
}
