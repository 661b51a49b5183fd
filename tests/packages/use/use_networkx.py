import networkx as nx


def path(size):
    graph = nx.grid_2d_graph(size, size)
    ranks = nx.betweenness_centrality(graph)
    return [len(nx.shortest_path(graph, (0, 0), (size - 1, size - 1))), round(max(ranks.values()), 6), nx.is_planar(graph)]
